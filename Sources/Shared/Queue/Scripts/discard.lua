#!lua flags=allow-oom
-- Ends dead events for good: an operator gave them up, or they turned out to have committed. A tombstone makes
-- a repeat a duplicate.
-- KEYS   see shared.lua
-- ARGV   1 tombstone, ms · 2 discarded | settled, the counter to raise · 3 … ids
-- Result for each discarded | queued | settled | unknown; only the first means a change
local function discard(id)
  if call('ZREM', dead, id) == 0 then return whereabouts(id) end
  call('UNLINK', event .. id)
  call('SET', done .. id, '', 'PX', ARGV[1])
  call('HINCRBY', meta, ARGV[2], 1)
  return 'discarded'
end

local results = {}
for i = 3, #ARGV do results[#results + 1] = discard(ARGV[i]) end
return results
