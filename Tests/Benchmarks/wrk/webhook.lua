-- Posts transcripts to the intake, each with a body of its own: 4,096 bytes, 20 messages of 100 to 150 bytes.
--
-- Arguments: prefix of the conversations' ids; optionally a number of events and of connections: after the last
-- event that one is repeated (the intake answers "duplicate") until all are answered. The token comes from the
-- environment. verify.sql knows the same texts.
dofile("Tests/Benchmarks/wrk/summary.lua")

local filler = "and then we talked about the weather in the mountains "
local size = 4096
-- The body in parts; the odd ones are constant, the even ones are the event's number.
local parts, head, limit
-- wrk asks for one request that it never sends, before all others.
local number = -1

local function message(position)
  local role = position % 2 == 0 and "user" or "assistant"
  local length = 100 + (position * 7) % 51
  local start = "Message " .. position .. " of event "
  local rest = ": " .. filler:rep(4)
  return '{"role":"' .. role .. '","content":"' .. start, rest:sub(1, length - #start - 8) .. '"}'
end

local function compose(prefix)
  parts = { '{"event_type":"application.transcription_ready","message_type":"application",'
    .. '"timestamp":"2026-01-02T00:00:00Z","conversation_id":"' .. prefix, 0, '","properties":{"transcript":[' }
  for position = 0, 19 do
    local before, after = message(position)
    parts[#parts] = parts[#parts] .. (position > 0 and "," or "") .. before
    parts[#parts + 1] = 0
    parts[#parts + 1] = after
  end
  local length = 0
  for index, part in ipairs(parts) do length = length + (index % 2 == 1 and #part or 8) end
  local ending = '],"replica_id":"'
  parts[#parts] = parts[#parts] .. ending .. ("r"):rep(size - length - #ending - 3) .. '"}}'
end

function init(arguments)
  limit = tonumber(arguments[2])
  compose(arguments[1])
  head = "POST /webhooks/tavus?token=" .. os.getenv("WEBHOOK_TOKENS") .. " HTTP/1.1\r\nHost: localhost\r\n"
    .. "Content-Type: application/json\r\nContent-Length: " .. size .. "\r\n\r\n"
  if limit then stop_after(limit + tonumber(arguments[3]) - 1) end
end

-- wrk hands over answers only where this is defined, since it costs time, and would sleep to the end of its own.
function stop_after(last)
  local answered = 0
  function response()
    answered = answered + 1
    if answered == last then os.exit(0) end
  end
end

function request()
  if not limit or number < limit then number = number + 1 end
  local text = string.format("%08d", number)
  for index = 2, #parts, 2 do parts[index] = text end
  return head .. table.concat(parts)
end
