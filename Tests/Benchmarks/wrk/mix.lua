-- 95 reads and 5 writes of 100, of targets by Zipf's law (exponent 1): the n-th most popular one is asked for 1/n as often
-- as the first. Of the reads six in ten are of a conversation, four of its messages. Arguments: folder, a word, a seed.
dofile("Tests/Benchmarks/wrk/targets.lua")
dofile("Tests/Benchmarks/wrk/summary.lua")

local conversations, messages, patches
local weights = {}

function init(arguments)
  conversations = load_requests(arguments[1], "")
  messages = load_requests(arguments[1], "/messages?page=1&limit=50")
  patches = load_patches(arguments[1], arguments[2])
  local sum = 0
  for rank = 1, #conversations do
    sum = sum + 1 / rank
    weights[rank] = sum
  end
  math.randomseed(tonumber(arguments[3]))
end

-- The first rank whose cumulated weight reaches a random part of the whole.
local function target()
  local wanted = math.random() * weights[#weights]
  local low, high = 1, #weights
  while low < high do
    local middle = math.floor((low + high) / 2)
    if weights[middle] < wanted then low = middle + 1 else high = middle end
  end
  return low
end

function request()
  local kind = math.random(100)
  if kind > 95 then return patches[target()] end
  if kind > 38 then return conversations[target()] end
  return messages[target()]
end
