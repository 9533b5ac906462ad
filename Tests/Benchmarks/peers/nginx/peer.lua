-- What nginx does with a request, over kept connections to both Redis.
local redis = require "nginx.redis"

local cache_port = tonumber(os.getenv("REDIS_CACHE_PORT"))
local queue_port = tonumber(os.getenv("REDIS_QUEUE_PORT"))
local password = os.getenv("REDIS_PASSWORD")
local peer = {}

local function connect(port)
  local connection = redis:new()
  connection:set_timeout(5000)
  assert(connection:connect("127.0.0.1", port))
  if connection:get_reused_times() == 0 then assert(connection:auth(password)) end
  return connection
end

local function answer(status, body)
  ngx.status = status
  ngx.header.content_length = #body
  ngx.print(body)
end

function peer.give(key)
  local connection = connect(cache_port)
  local value = assert(connection:get(key))
  connection:set_keepalive(60000, 4096)
  if value == ngx.null then return ngx.exit(404) end
  answer(200, value)
end

function peer.take()
  ngx.req.read_body()
  local connection = connect(queue_port)
  assert(connection:lpush("peer:webhooks", ngx.req.get_body_data()))
  connection:set_keepalive(60000, 4096)
  answer(202, '{"status":"queued"}')
end

return peer
