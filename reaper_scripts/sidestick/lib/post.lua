-- Requests to sidestick and what comes back, by any wire. A retry has the same id: nothing is done twice.

local json = require("json")
local settings = require("settings")

local Post = {}
Post.__index = Post

local FIRST_RETRY = 1.0   -- seconds; doubled at each further try
local PATIENCE = 12.0     -- seconds without an answer
local NUDGE = 10.0        -- seconds of silence after which a job is asked for again

local ENDS = {
  ["/sidestick/process"] = { ["/sidestick/done"] = true, ["/sidestick/fail"] = true },
  ["/sidestick/push"] = { ["/sidestick/pushed"] = true, ["/sidestick/fail"] = true },
}

local made = 0

local function new_id()
  made = made + 1
  local guid = reaper.genGuid(""):gsub("[^%x]", ""):lower()
  return ("r-%s-%d"):format(guid:sub(1, 16), made)
end

local WIRES = { socket = "wire_socket", sender = "wire_sender", spool = "wire_spool" }

-- The spool is always among them: it carries what no datagram can.
local function open_wires(running)
  local chosen, wires = settings.get("transport"), {}
  for _, name in ipairs({ "socket", "sender", "spool" }) do
    local wanted = chosen == "auto" or chosen == name or name == "spool"
    local wire = wanted and require(WIRES[name]).open(running)
    if wire then wires[#wires + 1] = wire end
  end
  return wires
end

--- `running` is what daemon.json says; `clock` gives seconds. Nil when nothing on this machine can carry a request.
function Post.open(running, clock)
  local wires = open_wires(running)
  if #wires == 0 then return nil end
  return setmetatable({ wires = wires, clock = clock or reaper.time_precise, calls = {} }, Post)
end

local function transmit(self, call)
  while call.wire do
    local sent = self.wires[call.wire]:send(call)
    if sent ~= nil then return end
    call.wire = self.wires[call.wire + 1] and call.wire + 1
  end
end

--- Asks; `hear(message, call)` gets every message about it, at least one. Arguments come without the id.
function Post:ask(address, args, hear, patience)
  local now = self.clock()
  local call = { id = new_id(), address = address, hear = hear, wire = 1, pause = FIRST_RETRY }
  call.args, call.patience = { call.id, table.unpack(args) }, patience or PATIENCE
  call.next, call.last = now + FIRST_RETRY, now
  self.calls[#self.calls + 1] = call
  transmit(self, call)
  return call
end

local function over(call, message)
  local ends = ENDS[call.address]
  if message.address == "/sidestick/fail" then return true end
  return not ends or ends[message.address] == true
end

local function deliver(self, call, message)
  call.last = self.clock()
  call.answered, call.pause = true, NUDGE
  call.next = call.last + NUDGE
  if message.address == "/sidestick/ack" then call.job = message.args[2] end
  call.finished = call.finished or over(call, message)
  call.hear(message, call)
end

local function give_up(self, call)
  local text = "sidestick does not answer. Its work is kept: start it again, then run this action once more."
  if call.problem then text = ("sidestick cannot be asked: %s. Is the disk full?"):format(call.problem) end
  deliver(self, call, { address = "/sidestick/fail", args = { call.id, call.address, "no_answer", text } })
end

local function keep_going(self, call)
  local now = self.clock()
  if call.finished or now < call.next then return end
  if now - call.last > call.patience + (call.answered and NUDGE or 0) then return give_up(self, call) end
  call.next, call.pause = now + call.pause, call.pause * (call.answered and 1 or 2)
  transmit(self, call)
end

local function wire_of(self, call)
  return self.wires[call.wire or #self.wires]
end

local function calls_of(self, wire)
  local theirs = {}
  for _, call in ipairs(self.calls) do
    if wire_of(self, call) == wire and not call.finished then theirs[#theirs + 1] = call end
  end
  return theirs
end

local function drop_finished(self)
  local left = {}
  for _, call in ipairs(self.calls) do
    if call.finished then wire_of(self, call):forget(call) else left[#left + 1] = call end
  end
  self.calls = left
end

--- To be called in every defer cycle.
function Post:step()
  for _, wire in ipairs(self.wires) do
    local calls = calls_of(self, wire)
    if #calls > 0 then wire:poll(calls, function(call, message) deliver(self, call, message) end) end
  end
  for _, call in ipairs({ table.unpack(self.calls) }) do keep_going(self, call) end
  drop_finished(self)
end

function Post:busy()
  return #self.calls > 0
end

--- Options or changes as the text that goes on the wire.
function Post.options(values)
  return next(values) and json.encode(values) or "{}"
end

return Post
