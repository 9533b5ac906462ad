#!lua
-- Asks for a cached value after a miss, or for the right to load and store it.
--
-- KEYS  1 epoch record  2 value  3 lease  4 watermark
-- ARGV  1 token, unique per call  2 life of the lease, ms  3 new epoch, for a group without one
--       4 name of this server as the caller knows it, empty if unknown  5 1 = nothing unless the watermark names it
-- Returns an array: outcome, server's time in ms since 1970, 1 if the watermark names this server (else 0), and
--   HIT       value          stored meanwhile
--   WAIT      epoch          somebody else holds the lease
--   LEASE     epoch floor    the caller is to load and FILL; floor is 16 hex digits, or ? for unknown or not to be trusted
--   UNTRUSTED watermark      nothing was read or changed; empty if there is none
--
-- No allow-oom: what cannot be stored need not be leased.

local now = clock()
local watermark = get(KEYS[4]) or ''
local trusted = ARGV[4] ~= '' and string.sub(watermark, 1, #ARGV[4] + 1) == ARGV[4] .. '|'
if not trusted and ARGV[5] == '1' then return { 'UNTRUSTED', now, 0, watermark } end
local trust = trusted and 1 or 0

local epoch, floor = parse(get(KEYS[1]))
if epoch then
  redis.call('PEXPIRE', KEYS[1], EPOCH_MS)
else
  -- The record is lost and with it what a replica must have replayed: the floor is unknown.
  epoch, floor = ARGV[3], '?'
  redis.call('SET', KEYS[1], epoch .. '|?', 'PX', EPOCH_MS)
end

local value = get(KEYS[2])
if parse_value(value) == epoch then return { 'HIT', now, trust, value } end

local lease = get(KEYS[3])
if lease and string.sub(lease, 1, 33) == epoch .. '|' then return { 'WAIT', now, trust, epoch } end

redis.call('SET', KEYS[3], epoch .. '|' .. ARGV[1], 'PX', ARGV[2])
return { 'LEASE', now, trust, epoch, trusted and floor or '?' }
