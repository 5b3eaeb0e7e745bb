-- @noindex
-- Client of the daemon: sends requests and hands on the replies. A retry has the same id, so nothing is done twice.

local json = require("json")
local Spool = require("transport_spool")

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

--- `daemon` is what daemon.json says; `clock` gives seconds.
function Client.open(daemon, clock)
  clock = clock or reaper.time_precise
  return setmetatable({ transport = Spool.open(daemon, clock), clock = clock, requests = {} }, Client)
end

--- Sends a request; `on_message(message, request)` gets every message about it, at least one. Arguments come without
-- the id.
function Client:request(address, args, on_message, timeout)
  local now = self.clock()
  local request = { id = new_id(), address = address, on_message = on_message, pause = FIRST_RETRY }
  request.args, request.timeout = { request.id, table.unpack(args) }, timeout or TIMEOUT
  request.next_send, request.last_news = now + FIRST_RETRY, now
  self.requests[#self.requests + 1] = request
  self.transport:send(request)
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
  self.transport:send(request)
end

local function drop_finished(self)
  local open = {}
  for _, request in ipairs(self.requests) do
    if request.finished then self.transport:forget(request) else open[#open + 1] = request end
  end
  self.requests = open
end

--- To be called in every defer cycle.
function Client:step()
  if #self.requests > 0 then
    self.transport:poll(self.requests, function(request, message) deliver(self, request, message) end)
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
