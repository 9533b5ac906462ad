#!lua flags=allow-oom
-- Ends reservations, each for itself: done events leave the queue, one may have failed, the others are as if never
-- delivered. Only a beginning of what was delivered can leave; whatever follows an event that stays, stays too.
-- KEYS   see shared.lua
-- ARGV   1 worker · 2 tombstone, ms · 3 lowest fence to give out from now on, or 0; then for each reservation
--        1 token · 2 fence · 3 none | retry | dead | release · 4 id that failed or '' · 5 retry after, ms
--        6 reason, 7 class, 8 message of the failure · 9 number of ids that are done, and these
-- Result of each, ok | fenced (reaped, reconciled or settled before: nothing changed)
local worker, tombstone, floor = ARGV[1], ARGV[2], ARGV[3]
if tonumber(floor) > tonumber(call('HGET', meta, 'fence') or '0') then call('HSET', meta, 'fence', floor) end

local has_solo = call('HLEN', solo) > 0
local settled = 0
-- To go in one command each.
local leases, keys = {}, {}

-- The ids at ARGV[from] and after it, as a set.
local function acknowledgement(from, count)
  local acknowledged = {}
  for i = from, from + count - 1 do acknowledged[ARGV[i]] = true end
  return acknowledged
end

-- Takes the done ones from the head of what was delivered, and the dead one; the number of both.
local function take_away(ids, acknowledged, dead_id, reason, class, message)
  for i, id in ipairs(ids) do
    if acknowledged[id] then
      keys[#keys + 1] = event .. id
      call('SET', done .. id, '', 'PX', tombstone)
      settled = settled + 1
    elseif id == dead_id then
      bury(id, reason, class, message)
    else
      return i - 1
    end
  end
  return #ids
end

local function settle(token, fence, action, failed, delay, reason, class, message, acknowledged)
  if call('HGET', lease, token) ~= fence or call('LREM', held .. worker, 1, token) == 0 then return 'fenced' end
  leases[#leases + 1] = token
  local ids = delivered(token, fence, acknowledged)
  local gone = take_away(ids, acknowledged, action == 'dead' and failed, reason, class, message)

  local is_retry = action == 'retry' and ids[gone + 1] == failed
  if is_retry then call('HSET', event .. failed, 'class', class, 'error', message) end
  for i = gone + (is_retry and 2 or 1), #ids do call('HINCRBY', event .. ids[i], 'deliveries', -1) end
  if has_solo and gone > 0 and call('HEXISTS', solo, token) == 1 and call('HINCRBY', solo, token, -gone) <= 0 then
    call('HDEL', solo, token)
  end

  if call('LLEN', events .. token) == gone then
    keys[#keys + 1] = events .. token
    if has_solo then call('HDEL', solo, token) end
    return 'ok'
  end
  if gone > 0 then call('LPOP', events .. token, gone) end
  if is_retry then
    call('HINCRBY', meta, 'retried', 1)
    call('ZADD', delayed, text(now + delay), token)
  else
    line_up(token, action == 'release')
  end
  return 'ok'
end

local results, at = {}, 4
while at < #ARGV do
  local token, fence, action, failed, delay, reason, class, message, count = unpack(ARGV, at, at + 8)
  local acknowledged = acknowledgement(at + 9, tonumber(count))
  results[#results + 1] = settle(token, fence, action, failed, delay, reason, class, message, acknowledged)
  at = at + 9 + count
end

-- In parts, because the stack of Lua has an end.
local function in_parts(list, act)
  for i = 1, #list, 1000 do act(unpack(list, i, math.min(i + 999, #list))) end
end
in_parts(leases, function(...) call('HDEL', lease, ...) end)
in_parts(keys, function(...) call('UNLINK', ...) end)
if settled > 0 then
  call('HINCRBY', meta, 'depth', -settled)
  call('HINCRBY', meta, 'settled', settled)
end
return results
