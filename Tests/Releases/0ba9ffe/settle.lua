#!lua flags=allow-oom
-- Ends a reservation: done events leave the queue, one may have failed, the others are as if never delivered.
-- Only a beginning of what was delivered can leave; whatever follows an event that stays, stays too.
-- KEYS   see shared.lua
-- ARGV   1 worker · 2 token · 3 fence · 4 tombstone, ms · 5 none | retry | dead | release · 6 id that failed
--        or ''
--        7 retry after, ms · 8 reason, 9 class, 10 message of the failure · 11 lowest fence to give out from
--        now on, or 0 · 12 … ids that are done
-- Result ok | fenced (reaped, reconciled or settled before: nothing changed)
local worker, token, fence, tombstone, action, failed = unpack(ARGV, 1, 6)
local delay, reason, class, message, floor = unpack(ARGV, 7, 11)

if tonumber(floor) > tonumber(call('HGET', meta, 'fence') or '0') then call('HSET', meta, 'fence', floor) end
if call('HGET', lease, token) ~= fence or call('LREM', held .. worker, 1, token) == 0 then return 'fenced' end
call('HDEL', lease, token)

local acknowledged = {}
for i = 12, #ARGV do acknowledged[ARGV[i]] = true end
local ids = delivered(token, fence, acknowledged)

local gone, settled = 0, 0
for _, id in ipairs(ids) do
  if acknowledged[id] then
    call('UNLINK', event .. id)
    call('SET', done .. id, '', 'PX', tombstone)
    settled = settled + 1
  elseif id == failed and action == 'dead' then
    bury(id, reason, class, message)
  else
    break
  end
  gone = gone + 1
end

local is_retry = action == 'retry' and ids[gone + 1] == failed
if is_retry then call('HSET', event .. failed, 'class', class, 'error', message) end
for i = gone + (is_retry and 2 or 1), #ids do call('HINCRBY', event .. ids[i], 'deliveries', -1) end

if gone > 0 then call('LPOP', events .. token, gone) end
if settled > 0 then
  call('HINCRBY', meta, 'depth', -settled)
  call('HINCRBY', meta, 'settled', settled)
end
if gone > 0 and call('HEXISTS', solo, token) == 1 and call('HINCRBY', solo, token, -gone) <= 0 then
  call('HDEL', solo, token)
end

if call('EXISTS', events .. token) == 0 then
  call('HDEL', solo, token)
elseif is_retry then
  call('HINCRBY', meta, 'retried', 1)
  call('ZADD', delayed, text(now + delay), token)
else
  line_up(token, action == 'release')
end
return 'ok'
