-- Stands before each script below: names for the keys, the clock, and the moves that several transitions
-- make.
-- KEYS   1 ready · 2 suspect · 3 delayed · 4 lease · 5 workers · 6 dead · 7 solo · 8 wake · 9 meta
--        and the beginnings of 10 events:<token> · 11 event:<id> · 12 done:<id> · 13 held:<worker>
local ready, suspect, delayed, lease, workers, dead, solo, wake, meta = unpack(KEYS, 1, 9)
local events, event, done, held = unpack(KEYS, 10, 13)
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Integers up to 2^53 without the exponent that Lua's own conversion gives them.
local function text(number) return string.format('%.0f', number) end

local function hint()
  if call('LLEN', wake) < 64 then call('RPUSH', wake, '') end
end

-- A conversation with work goes into its line; at the head if it was there before and lost its place to a
-- mishap.
local function line_up(token, at_head)
  local line = call('HEXISTS', solo, token) == 1 and suspect or ready
  call(at_head and 'LPUSH' or 'RPUSH', line, token)
  hint()
end

-- Calls of one worker count only in the order of their numbers, so that a late one changes nothing.
local function refusal(worker, number)
  if not call('ZSCORE', workers, worker) then return 'fenced' end
  local last = call('HGET', meta, 'call:' .. worker)
  if last and tonumber(number) <= tonumber(last) then return 'stale' end
  call('HSET', meta, 'call:' .. worker, number)
end

-- The ids delivered under a fence: the head of the list, as far as the events carry it. An event whose hash
-- is gone counts while `known` names it.
local function delivered(token, fence, known)
  local ids, from = {}, 0
  repeat
    local page = call('LRANGE', events .. token, from, from + 63)
    for _, id in ipairs(page) do
      local last = call('HGET', event .. id, 'fence')
      local is_lost = not last and known[id] and call('EXISTS', event .. id) == 0
      if last ~= fence and not is_lost then return ids end
      ids[#ids + 1] = id
    end
    from = from + 64
  until #page < 64
  return ids
end

-- Ends a reservation that came to nothing: its deliveries did not happen.
local function take_back(token)
  local fence = call('HGET', lease, token)
  call('HDEL', lease, token)
  local ids = fence and delivered(token, fence, {}) or {}
  for _, id in ipairs(ids) do call('HINCRBY', event .. id, 'deliveries', -1) end
  return ids
end

-- Marks an event dead; taking it off its conversation's list is the caller's.
local function bury(id, reason, class, message)
  call('HSET', event .. id, 'state', 'dead', 'reason', reason, 'class', class, 'error', message)
  call('ZADD', dead, text(now), id)
  call('HINCRBY', meta, 'depth', -1)
  call('HINCRBY', meta, 'died', 1)
end

-- Nothing of the worker is left but what others may read: its number, its place and its duty go.
local function sign_off(worker)
  call('ZREM', workers, worker)
  call('HDEL', meta, 'call:' .. worker)
  if call('HGET', meta, 'quarantine') == worker then call('HDEL', meta, 'quarantine', 'quarantineUntil') end
end
