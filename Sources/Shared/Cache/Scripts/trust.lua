#!lua flags=allow-oom
-- Lets hits of this server count until a moment: everything written until shortly before it was invalidated here.
--
-- KEYS  1 watermark
-- ARGV  1 name of this server and the timeline of Postgres  2 the moment, ms since 1970 by the clock of this server
-- Returns
--   OK    hits count until then, or longer if somebody said so before
--   LATE  the moment has passed; nothing was changed
--   OTHER this server is another one, or has become one since it was asked; nothing was changed
--
-- The moment is absolute: whoever was stopped before sending it grants nothing for the time after. And the server itself
-- compares the name: in the meantime it may have got other data, while its connections know it by the name of before.

local function info(section, field)
  return string.match(redis.call('INFO', section), field .. ':(%x+)')
end

local name = info('server', 'run_id') .. '|' .. info('replication', 'master_replid') .. '|'
if string.sub(ARGV[1], 1, #name) ~= name then return 'OTHER' end

if tonumber(ARGV[2]) <= clock() then return 'LATE' end
if get(KEYS[1]) ~= ARGV[1] or redis.call('PEXPIRETIME', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
end
return 'OK'
