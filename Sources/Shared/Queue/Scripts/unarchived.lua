#!lua flags=allow-oom
-- The longest dead of which Postgres has no copy yet. Remembers up to when all are copied, so that asking again
-- costs nothing; scores are times of death, and only a failover to a clock behind makes one earlier than that.
-- KEYS   see shared.lua
-- ARGV   1 '1' to begin with the longest dead, whatever was copied · 2 events to name, 3 to look at, at most
--        (but a millisecond to its end, and the first one for nothing, or who asks again would get no further)
-- Result {'1' if there are more to look at, id, died at in ms, payload bytes, id, …}
local named, budget = tonumber(ARGV[2]), tonumber(ARGV[3])
if ARGV[1] == '1' then call('HDEL', meta, 'archivedUntil') end
local from = call('HGET', meta, 'archivedUntil') or '-inf'

local result, copied, unbroken = { '0' }, nil, true

-- False when the answer is full.
local function look(id, died)
  if named == 0 or budget <= 0 and died ~= copied then return false end
  if died ~= from then budget = budget - 1 end
  if call('HGET', event .. id, 'archived') ~= '1' then
    unbroken, named = false, named - 1
    for _, part in ipairs({ id, died, call('HSTRLEN', event .. id, 'payload') }) do result[#result + 1] = part end
  elseif unbroken then
    copied = died
  end
  return true
end

local offset = 0
repeat
  local page = call('ZRANGE', dead, from, '+inf', 'BYSCORE', 'LIMIT', offset, 100, 'WITHSCORES')
  for i = 1, #page, 2 do
    if not look(page[i], page[i + 1]) then
      result[1] = '1'
      break
    end
  end
  offset = offset + 100
until result[1] == '1' or #page < 200
if copied then call('HSET', meta, 'archivedUntil', copied) end
return result
