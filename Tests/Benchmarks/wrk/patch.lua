-- Changes the title of every target in turn. Arguments: folder, a word that makes the titles new.
dofile("Tests/Benchmarks/wrk/targets.lua")
dofile("Tests/Benchmarks/wrk/summary.lua")

local requests, number = nil, 0

function init(arguments)
  requests = load_patches(arguments[1], arguments[2])
end

function request()
  number = number % #requests + 1
  return requests[number]
end
