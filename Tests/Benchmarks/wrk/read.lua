-- Reads every target in turn. Arguments: folder, suffix of the path, "conditional" for If-None-Match.
dofile("Tests/Benchmarks/wrk/targets.lua")
dofile("Tests/Benchmarks/wrk/summary.lua")

local requests, number = nil, 0

function init(arguments)
  requests = load_requests(arguments[1], arguments[2], arguments[3] == "conditional")
end

function request()
  number = number % #requests + 1
  return requests[number]
end
