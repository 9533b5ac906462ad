-- Put before the text of both scripts, after its first line.

-- Microseconds since 1970 by this server, the one clock of all instances.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Until a moment, in whole milliseconds.
local function wait(now, moment)
  return math.ceil((moment - now) / 1000)
end
