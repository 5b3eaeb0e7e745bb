-- Client of the daemon: sends requests over any transport and hands on the replies. A retry has the same id, so nothing
-- is done twice.

local json = require("json")
local settings = require("settings")

local Client = {}
Client.__index = Client

local FIRST_RETRY = 1.0      -- seconds; doubled at each further retry
local TIMEOUT = 12.0         -- seconds without a reply
local REPEAT_INTERVAL = 10.0 -- seconds without news after which a job is requested again

local LAST_REPLIES = {
  ["/sidestick/process"] = { ["/sidestick/done"] = true, ["/sidestick/fail"] = true },
  ["/sidestick/push"] = { ["/sidestick/pushed"] = true, ["/sidestick/fail"] = true },
}

local request_count = 0

local function new_id()
  request_count = request_count + 1
  local guid = reaper.genGuid(""):gsub("[^%x]", ""):lower()
  return ("r-%s-%d"):format(guid:sub(1, 16), request_count)
end

local TRANSPORTS = { socket = "transport_socket", sender = "transport_sender", spool = "transport_spool" }

-- The spool is always among them: it carries what no datagram can.
local function open_transports(daemon)
  local setting, transports = settings.get("transport"), {}
  for _, name in ipairs({ "socket", "sender", "spool" }) do
    local allowed = setting == "auto" or setting == name or name == "spool"
    local transport = allowed and require(TRANSPORTS[name]).open(daemon)
    if transport then transports[#transports + 1] = transport end
  end
  return transports
end

--- `daemon` is what daemon.json says; `clock` gives seconds. Nil when nothing on this machine can carry a request.
function Client.open(daemon, clock)
  local transports = open_transports(daemon)
  if #transports == 0 then return nil end
  return setmetatable({ transports = transports, clock = clock or reaper.time_precise, requests = {} }, Client)
end

-- Falls back to the next transport when one cannot carry the request.
local function send(self, request)
  while request.transport do
    local sent = self.transports[request.transport]:send(request)
    if sent ~= nil then return end
    request.transport = self.transports[request.transport + 1] and request.transport + 1
  end
end

--- Sends a request; `on_message(message, request)` gets every message about it, at least one. Arguments come without
-- the id.
function Client:request(address, args, on_message, timeout)
  local now = self.clock()
  local request = { id = new_id(), address = address, on_message = on_message, transport = 1, pause = FIRST_RETRY }
  request.args, request.timeout = { request.id, table.unpack(args) }, timeout or TIMEOUT
  request.next_send, request.last_news = now + FIRST_RETRY, now
  self.requests[#self.requests + 1] = request
  send(self, request)
  return request
end

local function is_last(request, message)
  local last = LAST_REPLIES[request.address]
  if message.address == "/sidestick/fail" then return true end
  return not last or last[message.address] == true
end

local function deliver(self, request, message)
  request.last_news = self.clock()
  request.answered, request.pause = true, REPEAT_INTERVAL
  request.next_send = request.last_news + REPEAT_INTERVAL
  if message.address == "/sidestick/ack" then request.job = message.args[2] end
  request.finished = request.finished or is_last(request, message)
  request.on_message(message, request)
end

local function give_up(self, request)
  local text = "sidestick does not answer. Its work is kept: start it again, then run this action once more."
  if request.problem then text = ("sidestick cannot be asked: %s. Is the disk full?"):format(request.problem) end
  local args = { request.id, request.address, "no_answer", text }
  deliver(self, request, { address = "/sidestick/fail", args = args })
end

local function retry(self, request)
  local now = self.clock()
  if request.finished or now < request.next_send then return end
  local timeout = request.timeout + (request.answered and REPEAT_INTERVAL or 0)
  if now - request.last_news > timeout then return give_up(self, request) end
  request.next_send, request.pause = now + request.pause, request.pause * (request.answered and 1 or 2)
  send(self, request)
end

local function transport_of(self, request)
  return self.transports[request.transport or #self.transports]
end

local function requests_over(self, transport)
  local requests = {}
  for _, request in ipairs(self.requests) do
    if transport_of(self, request) == transport and not request.finished then requests[#requests + 1] = request end
  end
  return requests
end

local function drop_finished(self)
  local open = {}
  for _, request in ipairs(self.requests) do
    if request.finished then transport_of(self, request):forget(request) else open[#open + 1] = request end
  end
  self.requests = open
end

--- To be called in every defer cycle.
function Client:step()
  for _, transport in ipairs(self.transports) do
    local requests = requests_over(self, transport)
    if #requests > 0 then
      transport:poll(requests, function(request, message) deliver(self, request, message) end)
    end
  end
  for _, request in ipairs({ table.unpack(self.requests) }) do retry(self, request) end
  drop_finished(self)
end

function Client:is_busy()
  return #self.requests > 0
end

--- Options or changes as the JSON text of a request.
function Client.encode_options(values)
  return next(values) and json.encode(values) or "{}"
end

return Client
