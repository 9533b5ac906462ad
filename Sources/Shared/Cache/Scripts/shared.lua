-- Put before the text of every script of the cache, after its first line.

local EPOCH_MS = 900000
local HEADER = 120

-- A key's string. One of another type, which is none of ours, counts as missing, and is replaced when it is written: an
-- error here would hold up whoever must invalidate, for ever.
local function get(key)
  local reply = redis.pcall('GET', key)
  if type(reply) == 'table' then
    if string.find(reply.err, 'WRONGTYPE', 1, true) then return false end
    error(reply)
  end
  return reply
end

-- Epoch and floor of a record; nil for what no script of ours has written, which counts as missing.
local function parse(record)
  if not record then return nil end
  local epoch, floor = string.match(record, '^([0-9a-f]+)|([0-9a-f?]+)$')
  if not epoch or #epoch ~= 32 then return nil end
  if floor ~= '?' and (#floor ~= 16 or string.find(floor, '?', 1, true)) then return nil end
  return epoch, floor
end

-- Epoch and LSN (? if unknown) of a whole value; nil for foreign or cut off bytes, which every reader takes for a miss.
local function parse_value(value)
  if not value or #value < HEADER or string.sub(value, 1, 4) ~= 'FRS\2' then return nil end
  local owner, body, summary = struct.unpack('>I4I4I4', string.sub(value, 109, 120))
  if #value ~= HEADER + owner + summary + body then return nil end
  local lsn = string.sub(value, 41, 56)
  return string.sub(value, 9, 40), string.sub(lsn, 1, 1) == '?' and '?' or lsn
end

-- Milliseconds since 1970.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
