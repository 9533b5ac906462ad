#!lua
-- A sliding log: admits a request when fewer than the limit were admitted in the window before it. What is refused
-- leaves no trace, so that whoever is a little too fast gets all that the limit allows.
--
-- KEYS  1 the log: moments of admission, us since 1970, oldest first
-- ARGV  1 limit  2 window, us  3 life of the log, ms, longer than the window
-- Returns {1 if admitted (else 0), what is left of the limit, ms until more of it is}
--
-- The model of it is SlidingLog.swift. No allow-oom: in a full Redis each instance counts for itself.

local call, key, limit, window = redis.call, KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local now = clock()

local oldest = call('LINDEX', key, '0')
-- Only a clock that was set back can have brought this about: nobody is to wait until it has caught up.
if oldest and oldest - now > window then
  call('DEL', key)
  oldest = false
end
while oldest and now - oldest >= window do
  call('LPOP', key)
  oldest = call('LINDEX', key, '0')
end

local count = oldest and call('LLEN', key) or 0
if count >= limit then
  -- More than the limit are there when it was lowered.
  if count > limit then oldest = call('LINDEX', key, count - limit) end
  return { 0, 0, wait(now, oldest + window) }
end
call('RPUSH', key, now)
call('PEXPIRE', key, ARGV[3])
return { 1, limit - count - 1, wait(now, (oldest or now) + window) }
