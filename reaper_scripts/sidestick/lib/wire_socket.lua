-- Requests over UDP, for those who have luasocket.

local osc = require("osc")

local Socket = { name = "socket" }
Socket.__index = Socket

local HOST, LARGEST, MOST = "127.0.0.1", 1400, 200

--- The wire, or nil without luasocket.
function Socket.open(running)
  local there, core = pcall(require, "socket.core")
  if not there or type(core) ~= "table" or not core.udp then return nil end
  local udp = core.udp()
  udp:settimeout(0)
  if not udp:setpeername(HOST, running.osc_port) then return nil end
  return setmetatable({ udp = udp }, Socket)
end

--- Nil for a request that is too long for a datagram.
function Socket:send(call)
  local data = osc.encode(call.address, call.args)
  if #data > LARGEST then return nil end
  self.udp:send(data)
  return true
end

local function addressee(message, calls)
  for _, call in ipairs(calls) do
    if message.args[1] == call.id then return call end
  end
  for _, call in ipairs(calls) do
    if call.job and message.args[1] == call.job then return call end
  end
end

function Socket:poll(calls, deliver)
  for _ = 1, MOST do
    local data = self.udp:receive()
    if not data then return end
    local message = osc.decode(data)
    local call = message and addressee(message, calls)
    if call then deliver(call, message) end
  end
end

function Socket.forget() end

return Socket
