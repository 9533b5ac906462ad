-- Reads the first targets once, looks at every answer, and prints "right" or what was wrong.
--
-- Arguments: folder, suffix, "conditional" or "", connections, number of targets (0: all), expected status,
-- beginning of Cache-Status ("": any), a part of the body ("": any), "record" to keep the entity tags. Status
-- and body must always be right. One Cache-Status in a hundred may be another, since Redis exceeds its budget of
-- 50 ms now and then where the machine is busy.
-- On one connection answers come in the order of the requests; that is what makes the entity tags match.
dofile("Tests/Benchmarks/wrk/targets.lua")

local requests, last, wanted, tags
-- wrk asks for one request that it never sends, before all others.
local sent, answered, others = -1, 0, 0

function init(arguments)
  requests = load_requests(arguments[1], arguments[2], arguments[3] == "conditional")
  local limit = tonumber(arguments[5])
  if limit > 0 then while #requests > limit do table.remove(requests) end end
  -- So many answers that each target's must be among them.
  last = #requests + tonumber(arguments[4]) - 1
  wanted = { status = tonumber(arguments[6]), cache = arguments[7], body = arguments[8] }
  if arguments[9] == "record" then tags = io.open(arguments[1] .. "/etags", "w") end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

-- wrk itself would sleep to the end of its time.
local function conclude(verdict)
  if tags then tags:close() end
  io.write(verdict, "\n")
  io.flush()
  os.exit(0)
end

local function field(headers, name)
  for key, value in pairs(headers) do
    if key:lower() == name then return value end
  end
  return ""
end

function response(status, headers, body)
  answered = answered + 1
  local cache = field(headers, "cache-status")
  if cache:sub(1, #wanted.cache) ~= wanted.cache then others = others + 1 end
  if status ~= wanted.status or others > last / 100 or not body:find(wanted.body, 1, true) then
    conclude(string.format("answer %d: %d, Cache-Status %s, %s", answered, status, cache, body:sub(1, 200)))
  end
  if tags and answered <= #requests then tags:write(field(headers, "etag"), "\n") end
  if answered == last then conclude("right") end
end

function done() io.write("not all were answered in time\n") end
