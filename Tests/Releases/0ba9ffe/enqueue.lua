#!lua
-- Accepts an event once and, if its conversation had no work, puts that in line. Not `allow-oom`: a full
-- server refuses.
-- KEYS   1 done:<id> · 2 event:<id> · 3 events:<token> · 4 ready · 5 wake · 6 meta
-- ARGV   1 id · 2 token · 3 conversation · 4 payload · 5 traceparent or '' · 6 events waiting at most
-- Result queued | duplicate | full
local call = redis.call
local done, event, events, ready, wake, meta = unpack(KEYS)
local id, token, conversation, payload, traceparent, limit = unpack(ARGV)

if call('EXISTS', done, event) > 0 then return 'duplicate' end
if tonumber(call('HGET', meta, 'depth') or '0') >= tonumber(limit) then return 'full' end

local time = call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
call('HSET', event, 'payload', payload, 'conversation', conversation, 'enqueuedAt', now, 'state', 'queued')
if traceparent ~= '' then call('HSET', event, 'traceparent', traceparent) end
call('HINCRBY', meta, 'depth', 1)
call('HINCRBY', meta, 'enqueued', 1)
if call('RPUSH', events, id) == 1 then
  call('RPUSH', ready, token)
  if call('LLEN', wake) < 64 then call('RPUSH', wake, '') end
end
return 'queued'
