#!lua flags=no-writes
-- One event, wherever it is. Its place in the conversation costs a walk through the events before it.
-- KEYS   see shared.lua
-- ARGV   1 id · 2 token
-- Result {state, place in the conversation from 0 or -1, line, due or died at in ms or '', payload bytes,
--        {conversation, traceparent, enqueuedAt, requeuedAt, deliveries, strikes, class, error, reason,
--        archived}}
--        state queued | dead | settled | unknown
--        line  ready | suspect | delayed | held, where the conversation is, or ''
local id, token = ARGV[1], ARGV[2]
local key = event .. id

local function line()
  if call('HEXISTS', lease, token) == 1 then return 'held', '' end
  local due = call('ZSCORE', delayed, token)
  if due then return 'delayed', due end
  return call('HEXISTS', solo, token) == 1 and 'suspect' or 'ready', ''
end

local died = call('ZSCORE', dead, id)
local state = died and 'dead' or whereabouts(id)
local place, where, at = -1, '', died or ''
if state == 'queued' then
  place = call('LPOS', events .. token, id) or -1
  where, at = line()
end
local fields = call('HMGET', key, 'conversation', 'traceparent', 'enqueuedAt', 'requeuedAt', 'deliveries', 'strikes',
  'class', 'error', 'reason', 'archived')
return { state, place, where, at, call('HSTRLEN', key, 'payload'), fields }
