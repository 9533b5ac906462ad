#!lua flags=allow-oom
-- Takes back, without a strike, what the worker holds and does not know of: the reply that named it was lost.
-- Any call of the worker with a smaller number is refused from then on, should it still be under way.
-- KEYS   see shared.lua
-- ARGV   1 worker · 2 number of the call · 3 '1' if the worker leaves for good · 4, 5 … token and fence of
--        each reservation it knows
-- Result the number of conversations taken back | stale | fenced
local worker, known = ARGV[1], {}
for i = 4, #ARGV, 2 do known[ARGV[i]] = ARGV[i + 1] end

local refused = refusal(worker, ARGV[2])
if refused then return refused end

local hands, returned = held .. worker, 0
local tokens = call('LRANGE', hands, 0, -1)
for i = #tokens, 1, -1 do
  local token = tokens[i]
  local fence = call('HGET', lease, token)
  if not fence or known[token] ~= fence then
    call('LREM', hands, -1, token)
    take_back(token)
    line_up(token, true)
    returned = returned + 1
  end
end
if returned > 0 then call('HINCRBY', meta, 'reconciled', returned) end
if ARGV[3] == '1' and call('EXISTS', hands) == 0 then sign_off(worker) end
return returned
