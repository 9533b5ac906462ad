#!lua flags=no-writes
-- One consistent look at a shard, at a cost that does not grow with it.
-- KEYS   see shared.lua
-- Result {depth, ready, suspect, delayed, in flight (conversations), dead, workers, paused 0 | 1, ms that the
--        event whose turn is next has waited since it was accepted or replayed or 0, counters enqueued,
--        settled, retried, died, reaped, reconciled, replayed, discarded, erased}
local function count(field) return tonumber(call('HGET', meta, field) or '0') end

local oldest = now
for _, line in ipairs({ ready, suspect }) do
  local token = call('LINDEX', line, 0)
  local id = token and call('LINDEX', events .. token, 0)
  local since = id and call('HMGET', event .. id, 'requeuedAt', 'enqueuedAt')
  since = since and (since[1] or since[2])
  if since then oldest = math.min(oldest, tonumber(since)) end
end
return {
  count('depth'), call('LLEN', ready), call('LLEN', suspect), call('ZCARD', delayed), call('HLEN', lease),
  call('ZCARD', dead), call('ZCARD', workers), count('paused'), now - oldest,
  count('enqueued'), count('settled'), count('retried'), count('died'), count('reaped'), count('reconciled'),
  count('replayed'), count('discarded'), count('erased'),
}
