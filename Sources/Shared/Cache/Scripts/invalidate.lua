#!lua flags=allow-oom
-- Drops everything cached in one group, and raises what a replica must have replayed to fill it again.
--
-- KEYS  1 epoch record
-- ARGV  1 new epoch, fresh for every send: a resent one revives what was filled under it
--       2 LSN sampled after COMMIT, 16 lower-case hex digits, or ? for unknown
-- Returns
--   OK     every value, lease and flight of the former epoch is void
--   ABSENT there was no record, so nothing is valid and no fill under way can be stored
--
-- allow-oom: a full Redis must still forget. It may be repeated and reordered with others of its kind.

-- ? is the greatest: no replica can prove that it has replayed a write of unknown LSN.
local function highest(lsn, other)
  if lsn == '?' or other == '?' then return '?' end
  return lsn < other and other or lsn
end

local epoch, floor = parse(get(KEYS[1]))
if not epoch then return 'ABSENT' end
redis.call('SET', KEYS[1], ARGV[1] .. '|' .. highest(floor, ARGV[2]), 'PX', EPOCH_MS)
return 'OK'
