#!lua flags=allow-oom
-- Registers a worker, or says that a registered one is alive.
-- KEYS   see shared.lua
-- ARGV   1 worker · 2 lease, ms · 3 register | renew
-- Result ok | fenced (renew only: it was reaped, or Redis lost its memory; go on under a new name)
local worker = ARGV[1]
if ARGV[3] ~= 'register' and not call('ZSCORE', workers, worker) then return 'fenced' end
call('ZADD', workers, text(now + ARGV[2]), worker)
return 'ok'
