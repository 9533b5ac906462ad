#!lua
-- Asks for a cached value after a miss, or for the right to load and store it.
--
-- KEYS  1 epoch record  2 value  3 lease
-- ARGV  1 token, unique per call  2 life of the lease, ms  3 new epoch, for a group without one
-- Returns an array whose second element is the server's time, ms since 1970:
--   HIT   time value           stored meanwhile
--   WAIT  time epoch           somebody else holds the lease
--   LEASE time epoch floor     the caller is to load and FILL; floor is 16 hex digits, or ? for unknown
--
-- No allow-oom: what cannot be stored need not be leased.

local EPOCH_MS = 900000
local HEADER = 116

local function parse(record)
  if not record then return nil end
  local epoch, floor = string.match(record, '^([0-9a-f]+)|([0-9a-f?]+)$')
  if not epoch or #epoch ~= 32 then return nil end
  if floor ~= '?' and (#floor ~= 16 or string.find(floor, '?', 1, true)) then return nil end
  return epoch, floor
end

-- The epoch of a whole value; nil for foreign or cut off bytes, which every reader takes for a miss.
local function epoch_of(value)
  if not value or #value < HEADER or string.sub(value, 1, 4) ~= 'FRS\1' then return nil end
  local owner, body = struct.unpack('>I4I4', string.sub(value, 109, 116))
  if #value ~= HEADER + owner + body then return nil end
  return string.sub(value, 9, 40)
end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local epoch, floor = parse(redis.call('GET', KEYS[1]))
if epoch then
  redis.call('PEXPIRE', KEYS[1], EPOCH_MS)
else
  -- The record is lost and with it what a replica must have replayed: the floor is unknown.
  epoch, floor = ARGV[3], '?'
  redis.call('SET', KEYS[1], epoch .. '|?', 'PX', EPOCH_MS)
end

local value = redis.call('GET', KEYS[2])
if epoch_of(value) == epoch then return { 'HIT', now, value } end

local lease = redis.call('GET', KEYS[3])
if lease and string.sub(lease, 1, 33) == epoch .. '|' then return { 'WAIT', now, epoch } end

redis.call('SET', KEYS[3], epoch .. '|' .. ARGV[1], 'PX', ARGV[2])
return { 'LEASE', now, epoch, floor }
