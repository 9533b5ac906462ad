#!lua flags=allow-oom
-- Takes the work of dead workers back. The event a dead worker had in hand first may have killed it: one
-- strike brings it back to the head of the line, the second into quarantine; with the third, held alone, it
-- is dead.
-- KEYS   see shared.lua
-- ARGV   1 lease, ms · 2 silence, ms: no reap for that long means Redis was away, and everybody gets a new
--        lease · 3 strikes that kill · 4 clean events that end a quarantine · 5 conversations after which no
--        further worker is begun
-- Result {conversations taken back, events buried, '1' if it only gave out new leases}
local lease_time, silence, deadly = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clean, budget = ARGV[4], tonumber(ARGV[5])

local last = tonumber(call('HGET', meta, 'lastReap') or '0')
call('HSET', meta, 'lastReap', text(now))
if now - last > silence then
  for _, worker in ipairs(call('ZRANGE', workers, 0, -1)) do
    call('ZADD', workers, 'GT', text(now + lease_time), worker)
  end
  return { 0, 0, 1 }
end

local moved, buried = 0, 0

local function strike(token, id, alone)
  local strikes = call('HINCRBY', event .. id, 'strikes', 1)
  local is_solo = call('HEXISTS', solo, token) == 1
  if alone and is_solo and strikes >= deadly then
    call('LPOP', events .. token)
    bury(id, 'poison', 'worker died', 'workers died holding this event, the last one with nothing else in hand')
    buried = buried + 1
  end
  if is_solo or strikes > 1 then call('HSET', solo, token, clean) end
end

local function take_from(worker)
  local hands = held .. worker
  local alone = call('LLEN', hands) == 1
  local token = call('RPOP', hands)
  while token do
    local head = take_back(token)[1]
    if head then strike(token, head, alone) end
    if call('EXISTS', events .. token) == 0 then
      call('HDEL', solo, token)
    else
      line_up(token, call('HEXISTS', solo, token) == 0)
    end
    moved = moved + 1
    token = call('RPOP', hands)
  end
end

for _, worker in ipairs(call('ZRANGEBYSCORE', workers, '-inf', text(now))) do
  if moved >= budget then break end
  take_from(worker)
  sign_off(worker)
end
if moved > 0 then call('HINCRBY', meta, 'reaped', moved) end
return { moved, buried, 0 }
