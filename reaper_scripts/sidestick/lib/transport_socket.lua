-- Transport over UDP, for those who have luasocket.

local osc = require("osc")

local Socket = { name = "socket" }
Socket.__index = Socket

local HOST, MAX_BYTES, MAX_MESSAGES = "127.0.0.1", 1400, 200

--- The transport, or nil without luasocket.
function Socket.open(daemon)
  local ok, core = pcall(require, "socket.core")
  if not ok or type(core) ~= "table" or not core.udp then return nil end
  local udp = core.udp()
  udp:settimeout(0)
  if not udp:setpeername(HOST, daemon.osc_port) then return nil end
  return setmetatable({ udp = udp }, Socket)
end

--- Nil for a request that is too long for a datagram.
function Socket:send(request)
  local data = osc.encode(request.address, request.args)
  if #data > MAX_BYTES then return nil end
  self.udp:send(data)
  return true
end

local function find_request(message, requests)
  for _, request in ipairs(requests) do
    if message.args[1] == request.id then return request end
  end
  for _, request in ipairs(requests) do
    if request.job and message.args[1] == request.job then return request end
  end
end

function Socket:poll(requests, deliver)
  for _ = 1, MAX_MESSAGES do
    local data = self.udp:receive()
    if not data then return end
    local message = osc.decode(data)
    local request = message and find_request(message, requests)
    if request then deliver(request, message) end
  end
end

function Socket.forget() end

return Socket
