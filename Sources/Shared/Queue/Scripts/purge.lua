#!lua flags=allow-oom
-- Forgets dead events that Postgres has a copy of, and no others.
-- KEYS   see shared.lua
-- ARGV   1 … ids
-- Result the number of events purged
local purged = 0
for _, id in ipairs(ARGV) do
  if call('ZSCORE', dead, id) and call('HGET', event .. id, 'archived') == '1' then
    call('ZREM', dead, id)
    call('UNLINK', event .. id)
    purged = purged + 1
  end
end
return purged
