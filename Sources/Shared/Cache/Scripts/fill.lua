#!lua
-- Stores what the holder of a lease has loaded, unless the group was invalidated since; gives the lease back.
--
-- KEYS  1 epoch record  2 value  3 lease
-- ARGV  1 epoch of the lease  2 token of the lease
--       3 LSN of the read, 16 lower-case hex digits, or ? for unknown  4 1 = read from the primary, 0 = a replica
--       5 header and body, or empty to give the lease back only  6 TTL, ms
-- Returns {outcome, server's time in ms since 1970}; the outcomes:
--   OK        stored
--   RELEASED  nothing was to be stored
--   STALE     invalidated, or the record was lost, since the lease: what was read may be outdated
--   BEHIND    the replica had not replayed, or is not known to have replayed, the last write
--   OLDER     what is stored was read later
--
-- No allow-oom: a full Redis is not to be filled further.

-- Lua compares strings by the locale. 16 digits of one case sort by value in every locale; ? must be told apart.
local function less(lsn, other)
  return lsn ~= '?' and other ~= '?' and lsn < other
end

local lease_epoch, token, lsn, from_primary, bytes, ttl = unpack(ARGV)
from_primary = from_primary == '1'

local now = clock()

if get(KEYS[3]) == lease_epoch .. '|' .. token then redis.call('DEL', KEYS[3]) end
if bytes == '' then return { 'RELEASED', now } end

local epoch, floor = parse(get(KEYS[1]))
if epoch ~= lease_epoch then return { 'STALE', now } end
if not from_primary and (floor == '?' or lsn == '?' or less(lsn, floor)) then return { 'BEHIND', now } end

local stored_epoch, stored = parse_value(get(KEYS[2]))
if stored_epoch == epoch and stored ~= '?' and (lsn == '?' or less(lsn, stored)) then return { 'OLDER', now } end

-- The time of creation is this server's, so that one clock tells every reader the age. SETRANGE keeps the TTL.
redis.call('SET', KEYS[2], bytes, 'PX', ttl)
redis.call('SETRANGE', KEYS[2], 56, struct.pack('>I8', now))

-- Only a read of the primary that began after the lease has certainly seen every write before it.
if floor == '?' and from_primary then floor = lsn end
redis.call('SET', KEYS[1], epoch .. '|' .. floor, 'PX', EPOCH_MS)
return { 'OK', now }
