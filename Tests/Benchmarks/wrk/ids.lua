-- Prints "unique" when so many answers have as many ids. Arguments: folder, number of answers.
dofile("Tests/Benchmarks/wrk/targets.lua")
dofile("Tests/Benchmarks/wrk/answers.lua")

local requests, wanted
local number, answered, seen = 0, 0, {}

function init(arguments)
  requests, wanted = load_requests(arguments[1], ""), tonumber(arguments[2])
end

function request()
  number = number % #requests + 1
  return requests[number]
end

function response(_, headers)
  local id = field(headers, "x-request-id")
  if id == "" or seen[id] then conclude("answer " .. answered + 1 .. " has the id '" .. id .. "'") end
  seen[id], answered = true, answered + 1
  if answered == wanted then conclude("unique") end
end
