#!lua flags=allow-oom
-- Gives dead events another life: each goes to the end of its conversation, its deliveries forgotten. One that
-- died as poison comes back in quarantine with all strikes but the deadly one.
-- KEYS   see shared.lua
-- ARGV   1 strikes that kill · 2 clean events that end a quarantine · 3, 4, 5 … id, token and conversation of
--        each
-- Result for each replayed | queued | settled | payload lost | unknown; only the first means a change
local deadly, clean = tonumber(ARGV[1]), tonumber(ARGV[2])

-- Alone until it was tried, however many come before it.
local function isolate(id, token, length)
  call('HSET', event .. id, 'strikes', deadly - 1)
  quarantine(token, length - 1 + clean)
  if length > 1 and call('HEXISTS', lease, token) == 0 and call('LREM', ready, 1, token) == 1 then line_up(token) end
end

local function replay(id, token, conversation)
  if not call('ZSCORE', dead, id) then return whereabouts(id) end
  local owner, reason = unpack(call('HMGET', event .. id, 'conversation', 'reason'))
  if call('HEXISTS', event .. id, 'payload') == 0 then return 'payload lost' end
  if owner ~= conversation then return 'unknown' end
  call('ZREM', dead, id)
  call('HDEL', event .. id, 'reason', 'deliveries', 'fence', 'strikes', 'archived')
  call('HSET', event .. id, 'state', 'queued', 'requeuedAt', text(now))
  call('HINCRBY', meta, 'depth', 1)
  call('HINCRBY', meta, 'replayed', 1)
  local length = call('RPUSH', events .. token, id)
  if reason == 'poison' then isolate(id, token, length) end
  if length == 1 then line_up(token) end
  return 'replayed'
end

local results = {}
for i = 3, #ARGV, 3 do results[#results + 1] = replay(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return results
