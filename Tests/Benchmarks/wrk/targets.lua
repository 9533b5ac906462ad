-- The seeded conversations and their owners' tokens, as requests.
--
-- load_requests(folder, suffix, etags): GET /conversations/{id}{suffix} for each line "id user" of folder/targets,
-- with the token on that line of folder/tokens; with etags, If-None-Match from the same line of folder/etags.
-- load_patches(folder, word): PATCH /conversations/{id} for each of them, with a title as long as the seeded one.

local function lines(path)
  local list = {}
  for line in io.lines(path) do list[#list + 1] = line end
  return list
end

function load_requests(folder, suffix, etags)
  local tokens = lines(folder .. "/tokens")
  local tags = etags and lines(folder .. "/etags")
  local requests = {}
  for number, line in ipairs(lines(folder .. "/targets")) do
    local id, user = line:match("^(%S+) (%d+)$")
    requests[number] = wrk.format("GET", "/conversations/" .. id .. suffix, {
      ["Host"] = "localhost",
      ["Authorization"] = "Bearer " .. tokens[user + 1],
      ["If-None-Match"] = tags and tags[number] or nil,
    })
  end
  return requests
end

function load_patches(folder, word)
  local tokens = lines(folder .. "/tokens")
  local requests = {}
  for number, line in ipairs(lines(folder .. "/targets")) do
    local id, user = line:match("^(%S+) (%d+)$")
    local title = (word .. " " .. number .. " " .. ("about a bicycle "):rep(40)):sub(1, 600)
    requests[number] = wrk.format("PATCH", "/conversations/" .. id, {
      ["Host"] = "localhost",
      ["Authorization"] = "Bearer " .. tokens[user + 1],
      ["Content-Type"] = "application/json",
    }, '{"title":"' .. title .. '"}')
  end
  return requests
end
