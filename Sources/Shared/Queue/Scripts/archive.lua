#!lua flags=allow-oom
-- Notes that Postgres has a copy of dead events, unless they came alive, or died again, since they were read.
-- KEYS   see shared.lua
-- ARGV   1, 2 … id and died at, ms, of each
-- Result for each archived | gone
local results = {}
for i = 1, #ARGV, 2 do
  local id = ARGV[i]
  local is_same = call('ZSCORE', dead, id) == ARGV[i + 1]
  if is_same then call('HSET', event .. id, 'archived', '1') end
  results[#results + 1] = is_same and 'archived' or 'gone'
end
return results
