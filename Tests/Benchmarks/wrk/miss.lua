-- Reads pages of messages that nobody has asked for before: of every conversation with one page size after the other, of
-- the hundred there are. Arguments: folder, number of the round (0 … 3), each of which has 25 sizes of its own.
dofile("Tests/Benchmarks/wrk/targets.lua")
dofile("Tests/Benchmarks/wrk/summary.lua")

local requests, number, size, folder

function init(arguments)
  folder, size = arguments[1], tonumber(arguments[2]) * 25
  requests, number = {}, 0
end

function request()
  if number == #requests then
    size, number = size + 1, 0
    requests = load_requests(folder, "/messages?page=1&limit=" .. size)
  end
  number = number + 1
  return requests[number]
end
