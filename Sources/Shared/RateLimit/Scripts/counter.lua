#!lua
-- A sliding counter, for limits whose log would be long. Time is cut into cells of a hundredth of the window, and a
-- request is admitted when fewer than the limit were in this cell and the hundred before. These cover every window that
-- ends now, so there are never more; whoever sends all the time gets 99 % of the limit at least.
--
-- KEYS  1 the counter: number of the newest cell, total, count of each cell, oldest first; all big-endian
-- ARGV  1 limit  2 window, us, a multiple of 100  3 life of the counter, ms, longer than the window and a cell
-- Returns {1 if admitted (else 0), what is left of the limit, ms until more of it is}
--
-- The model of it is SlidingCounter.swift. No allow-oom: in a full Redis each instance counts for itself.

local CELLS = 101
local key, limit, width = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]) / (CELLS - 1)
local now = clock()
local cell = math.floor(now / width)

local newest, total, counts
local stored = redis.call('GET', key)
if stored and #stored == 12 + 4 * CELLS then
  newest, total = struct.unpack('>I8I4', stored)
  counts = string.sub(stored, 13)
end
-- Far in the future is what a clock that was set back has left: nobody is to wait until it has caught up.
if not newest or math.abs(cell - newest) >= CELLS then
  newest, total, counts = cell, 0, string.rep('\0', 4 * CELLS)
end

local passed = cell - newest
if passed > 0 then
  for place = 1, 4 * passed, 4 do total = total - struct.unpack('>I4', counts, place) end
  counts = string.sub(counts, 4 * passed + 1) .. string.rep('\0', 4 * passed)
  newest = cell
end

-- The moment from which on a cell, by its first byte, no longer counts.
local function ends(place)
  return (newest + 1 + (place - 1) / 4) * width
end

if total >= limit then
  local place = 1
  -- More than the limit are there when it was lowered.
  local left = total - struct.unpack('>I4', counts, place)
  while left >= limit do
    place = place + 4
    left = left - struct.unpack('>I4', counts, place)
  end
  return { 0, 0, wait(now, ends(place)) }
end
counts = string.sub(counts, 1, -5) .. struct.pack('>I4', struct.unpack('>I4', counts, 4 * CELLS - 3) + 1)
redis.call('SET', key, struct.pack('>I8I4', newest, total + 1) .. counts, 'PX', ARGV[3])
local first = string.find(counts, '[^%z]')
return { 1, limit - total - 1, wait(now, ends(first - (first - 1) % 4)) }
