#!lua flags=allow-oom
-- Stops or resumes the handing out of work; whatever is in hand is finished. Waiting workers learn of a resume
-- at once.
-- KEYS   see shared.lua
-- ARGV   1 '1' to pause, '0' to resume
-- Result '1' if that changed anything, else '0'
local was = call('HGET', meta, 'paused') == '1'
if ARGV[1] == '1' then
  call('HSET', meta, 'paused', '1')
else
  call('HDEL', meta, 'paused')
  -- A worker waits on an empty list only: full, it wakes everybody who waits now or comes to wait.
  for _ = call('LLEN', wake), 63 do call('RPUSH', wake, '') end
end
return was ~= (ARGV[1] == '1') and '1' or '0'
