#!lua flags=allow-oom
-- Ends a reservation: the done events it begins with leave the queue, the one after them may have failed, the
-- others are as if never delivered. What follows a failure stays even if the failed one dies: were it applied
-- before that death is on record, a crash in between would bring the failed one back behind it.
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

local settled = 0
while settled < #ids and acknowledged[ids[settled + 1]] do
  settled = settled + 1
  call('UNLINK', event .. ids[settled])
  call('SET', done .. ids[settled], '', 'PX', tombstone)
end

local gone, kept = settled, settled + 1
local is_failing = failed ~= '' and ids[kept] == failed
if is_failing and action == 'dead' then
  bury(failed, reason, class, message)
  gone, kept = gone + 1, kept + 1
elseif is_failing and action == 'retry' then
  call('HSET', event .. failed, 'class', class, 'error', message)
  kept = kept + 1
end
for i = kept, #ids do call('HINCRBY', event .. ids[i], 'deliveries', -1) end

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
elseif is_failing and action == 'retry' then
  call('HINCRBY', meta, 'retried', 1)
  call('ZADD', delayed, text(now + delay), token)
else
  line_up(token, action == 'release')
end
return 'ok'
