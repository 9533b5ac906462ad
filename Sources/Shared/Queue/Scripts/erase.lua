#!lua flags=allow-oom
-- Takes away what events of a conversation carry. The ids stay where they are, or, of the dead, come back to the end of
-- the conversation: each is delivered once more, empty, and so ends on record. Fences and places do not change, so that
-- whoever has such an event in hand settles it as if nothing had happened. It may be repeated.
-- KEYS   see shared.lua
-- ARGV   1 token · 2 conversation · 3 ms: what was accepted later stays · 4 queued events to pass over, from the youngest
--        on · 5 queued events to look at · 6 … ids of dead events
-- Result {queued events looked at, emptied, dead events that came back}
local token, conversation, latest = ARGV[1], ARGV[2], tonumber(ARGV[3])
local skipped, count = tonumber(ARGV[4]), tonumber(ARGV[5])
local list = events .. token

-- Poison is none any more, and what lost its payload needs none.
local function empty(id)
  local accepted = call('HGET', event .. id, 'enqueuedAt')
  if accepted and tonumber(accepted) > latest then return false end
  call('HSET', event .. id, 'payload', '', 'conversation', conversation)
  call('HDEL', event .. id, 'traceparent', 'class', 'error', 'strikes')
  call('HSETNX', event .. id, 'enqueuedAt', text(now))
  call('HSETNX', event .. id, 'state', 'queued')
  return true
end

-- Of an event whose hash was lost only the token is known; another conversation may have its name.
local function is_ours(id)
  local owner = call('HGET', event .. id, 'conversation')
  return owner == conversation or owner == token and call('HEXISTS', event .. id, 'payload') == 0
end

local function bring_back(id)
  if not call('ZSCORE', dead, id) or not is_ours(id) or not empty(id) then return false end
  call('ZREM', dead, id)
  call('HDEL', event .. id, 'reason', 'deliveries', 'fence', 'archived')
  call('HSET', event .. id, 'state', 'queued', 'requeuedAt', text(now))
  call('HINCRBY', meta, 'depth', 1)
  call('HINCRBY', meta, 'erased', 1)
  if call('RPUSH', list, id) == 1 then line_up(token) end
  return true
end

local emptied, returned = 0, 0
local ids = count > 0 and call('LRANGE', list, -skipped - count, -skipped - 1) or {}
for _, id in ipairs(ids) do
  if empty(id) then emptied = emptied + 1 end
end
for i = 6, #ARGV do
  if bring_back(ARGV[i]) then returned = returned + 1 end
end
return { #ids, emptied, returned }
