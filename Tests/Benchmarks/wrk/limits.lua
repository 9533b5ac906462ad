-- Sends one request of each user, and prints how much all of them have used of their limits, these requests included.
-- Arguments: folder, limit.
dofile("Tests/Benchmarks/wrk/targets.lua")
dofile("Tests/Benchmarks/wrk/answers.lua")

local requests, limit = {}, nil
local number, answered, used = 0, 0, 0

function init(arguments)
  limit = tonumber(arguments[2])
  local all, seen, line_number = load_requests(arguments[1], ""), {}, 0
  for line in io.lines(arguments[1] .. "/targets") do
    line_number = line_number + 1
    local user = line:match("%d+$")
    if not seen[user] then requests[#requests + 1] = all[line_number] end
    seen[user] = true
  end
end

function request()
  number = number % #requests + 1
  return requests[number]
end

function response(status, headers)
  local remaining = tonumber(field(headers, "x-ratelimit-remaining"))
  if status ~= 200 or not remaining then conclude("an answer of " .. status .. " tells of no limit") end
  answered, used = answered + 1, used + limit - remaining
  if answered == #requests then conclude(used) end
end
