#!lua
-- Puts a purged event back among the dead, from its copy. Not `allow-oom`: a full server refuses.
-- KEYS   see shared.lua
-- ARGV   1 id · 2 died at, ms · 3, 4 … fields of the event and their values
-- Result restored | dead | queued | settled; only the first means a change
local id = ARGV[1]
if call('ZSCORE', dead, id) then return 'dead' end
local state = whereabouts(id)
if state ~= 'unknown' then return state end
call('HSET', event .. id, 'state', 'dead', 'archived', '1', unpack(ARGV, 3))
call('ZADD', dead, ARGV[2], id)
return 'restored'
