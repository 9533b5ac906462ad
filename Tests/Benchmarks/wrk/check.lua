-- Reads the first targets once, looks at every answer, and prints "right" or what was wrong.
--
-- Arguments: folder, suffix, "conditional" or "", connections, number of targets (0: all), expected status,
-- beginning of Cache-Status ("": any), a part of the body ("": any), "record" to keep the entity tags and the bodies, one
-- a line. Status and body must always be right. One Cache-Status in a hundred may be another, since Redis exceeds its budget of
-- 50 ms now and then where the machine is busy.
-- On one connection answers come in the order of the requests; that is what makes the entity tags match.
dofile("Tests/Benchmarks/wrk/targets.lua")
dofile("Tests/Benchmarks/wrk/answers.lua")

local requests, last, wanted, tags, bodies
-- wrk asks for one request that it never sends, before all others.
local sent, answered, others = -1, 0, 0

function init(arguments)
  requests = load_requests(arguments[1], arguments[2], arguments[3] == "conditional")
  local limit = tonumber(arguments[5])
  if limit > 0 then while #requests > limit do table.remove(requests) end end
  -- So many answers that each target's must be among them.
  last = #requests + tonumber(arguments[4]) - 1
  wanted = { status = tonumber(arguments[6]), cache = arguments[7], body = arguments[8] }
  if arguments[9] == "record" then
    tags, bodies = io.open(arguments[1] .. "/etags", "w"), io.open(arguments[1] .. "/bodies", "w")
  end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

local function finish(verdict)
  if tags then
    tags:close()
    bodies:close()
  end
  conclude(verdict)
end

function response(status, headers, body)
  answered = answered + 1
  local cache = field(headers, "cache-status")
  if cache:sub(1, #wanted.cache) ~= wanted.cache then others = others + 1 end
  if status ~= wanted.status or others > last / 100 or not body:find(wanted.body, 1, true) then
    finish(string.format("answer %d: %d, Cache-Status %s, %s", answered, status, cache, body:sub(1, 200)))
  end
  if tags and answered <= #requests then
    tags:write(field(headers, "etag"), "\n")
    bodies:write(body, "\n")
  end
  if answered == last then finish("right") end
end
