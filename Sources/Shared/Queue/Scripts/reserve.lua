#!lua flags=allow-oom
-- Hands a worker conversations with their oldest events, each conversation under a new fence. A conversation
-- in quarantine is handed out alone, one event at a time, to the one worker that has taken on that duty.
-- KEYS   see shared.lua
-- ARGV   1 worker · 2 number of the call · 3 conversations, 4 events of each, 5 events, 6 payload bytes at
--        most (one event goes out whatever its size) · 7 the worker's lease, ms · 8 '1' if it holds work of
--        another shard
-- Result {status, reservations, ms until the next delayed conversation is due or -1, conversations left in
--        ready}
--        status ok | solo (one suspect) | quarantine (a suspect waits for the worker to have empty hands, or
--        is in them) | paused | stale (a later call ran) | fenced (not registered)
--        reservation {token, fence, {id, conversation, payload, traceparent, enqueuedAt, deliveries}, …}
local worker, number, hands = ARGV[1], ARGV[2], held .. ARGV[1]
local conversations, each = tonumber(ARGV[3]), tonumber(ARGV[4])
local room, bytes = tonumber(ARGV[5]), tonumber(ARGV[6])
local lease_end, busy = text(now + ARGV[7]), ARGV[8] == '1'

local wanted = { 'payload', 'conversation', 'traceparent', 'enqueuedAt', 'deliveries' }

local function answer(status, reservations)
  local next = call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
  return { status, reservations or {}, next and math.max(0, next - now) or -1, call('LLEN', ready) }
end

-- True if this worker is, or now becomes, the one that sees to the suspects.
local function on_duty()
  if call('LLEN', suspect) == 0 then return false end
  local other = call('HGET', meta, 'quarantine')
  local expired = now > tonumber(call('HGET', meta, 'quarantineUntil') or '0')
  if other and other ~= worker and not expired and call('ZSCORE', workers, other) then return false end
  call('HSET', meta, 'quarantine', worker, 'quarantineUntil', lease_end)
  return true
end

-- Lost events are buried a few at a time, for Redis does nothing else meanwhile.
local taken, graves = 0, 500

-- The events to hand out for a conversation, and whether a limit of the whole call cut them short.
local function collect(token, limit)
  local jobs = {}
  for _, id in ipairs(call('LRANGE', events .. token, 0, limit - 1)) do
    local job = call('HMGET', event .. id, unpack(wanted))
    if not (job[1] and job[2]) then
      if graves == 0 then return jobs, true end
      graves = graves - 1
      call('LREM', events .. token, 1, id)
      call('HSETNX', event .. id, 'conversation', token)
      bury(id, 'payload lost', 'payload lost', 'the event was queued, but its payload is no longer in Redis')
    elseif taken > 0 and #job[1] > bytes then
      return jobs, true
    else
      taken, bytes = taken + 1, bytes - #job[1]
      local deliveries = tonumber(job[5] or '0') + 1
      jobs[#jobs + 1] = { id, job[2], job[1], job[3] or '', job[4], deliveries }
    end
  end
  return jobs, false
end

-- The lowest of the fences given out here.
local lowest = math.max(time[1] * 1000000 + time[2], tonumber(call('HGET', meta, 'fence') or '0') + 1)
local reservations, leases, tokens = {}, {}, {}

local function hand_over(token, jobs)
  local fence = text(lowest + #tokens)
  tokens[#tokens + 1] = token
  leases[#leases + 1], leases[#leases + 2] = token, fence
  for _, job in ipairs(jobs) do call('HSET', event .. job[1], 'deliveries', job[6], 'fence', fence) end
  reservations[#tokens] = { token, fence, unpack(jobs) }
end

if lowest + conversations > 9007199254740992 then
  return redis.error_reply('FENCE the last fence is beyond 2^53')
end
local refused = refusal(worker, number)
if refused then return answer(refused) end
-- Back after an outage longer than the lease: whoever reserves is alive.
if tonumber(call('ZSCORE', workers, worker)) < now then call('ZADD', workers, lease_end, worker) end
if call('HGET', meta, 'paused') == '1' then return answer('paused') end

for _, token in ipairs(call('ZRANGEBYSCORE', delayed, '-inf', text(now), 'LIMIT', 0, 100)) do
  call('ZREM', delayed, token)
  line_up(token)
end

local source, status, first = ready, 'ok', call('LINDEX', hands, 0)
if first and call('HEXISTS', solo, first) == 1 then return answer('quarantine') end
if on_duty() then
  if first or busy then return answer('quarantine') end
  source, status, conversations, each = suspect, 'solo', 1, 1
end

local seen = 0
for _, token in ipairs(call('LRANGE', source, 0, conversations - 1)) do
  if room <= taken then break end
  local jobs, cut = collect(token, math.min(each, room - taken))
  if cut and #jobs == 0 then break end
  seen = seen + 1
  if #jobs > 0 then
    hand_over(token, jobs)
  elseif call('EXISTS', events .. token) == 1 then
    line_up(token)
  else
    call('HDEL', solo, token)
  end
end
if #tokens > 0 then
  call('HSET', meta, 'fence', text(lowest + #tokens - 1))
  call('HSET', lease, unpack(leases))
  call('RPUSH', hands, unpack(tokens))
end
if seen > 0 then call('LPOP', source, seen) end

if call('LLEN', ready) > 0 then
  hint()
elseif call('LLEN', suspect) == 0 then
  call('DEL', wake)
end
return answer(status, reservations)
