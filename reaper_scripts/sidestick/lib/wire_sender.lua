-- Requests through the command that daemon.json names. Each runs on its own, keeps asking for lost answers itself,
-- and leaves what it hears in a file.

local files = require("files")
local letters = require("letters")
local quoting = require("quoting")

local Sender = { name = "sender" }
Sender.__index = Sender

local NO_WAIT = -2  -- and no window in the way
local LARGEST = 1300  -- bytes of arguments in the datagram that the command sends

--- The wire, or nil when the command is not there.
function Sender.open(running)
  if not reaper.file_exists(running.sender[1]) then return nil end
  local folder = files.join(reaper.GetResourcePath(), "sidestick")
  reaper.RecursiveCreateDirectory(folder, 0)
  return setmetatable({ command = running.sender, osc_port = running.osc_port, folder = folder }, Sender)
end

local function answers(self, call)
  return files.join(self.folder, call.id .. ".json")
end

local function words(self, call)
  local line = { table.unpack(self.command) }
  local function add(...)
    for _, word in ipairs({ ... }) do line[#line + 1] = word end
  end
  add("--osc-port", tostring(self.osc_port), "--id", call.id, "--wait", "--answers", answers(self, call))
  add("--", call.address)
  for index = 2, #call.args do
    local word = tostring(call.args[index])
    add(word:find("^{") and quoting.json(word) or word)
  end
  return line
end

local function length(call)
  local bytes = #call.address
  for _, word in ipairs(call.args) do bytes = bytes + #tostring(word) + 8 end
  return bytes
end

--- One process for a call, however often it is sent. Nil when this call is too long, or cannot be written on a command
-- line.
function Sender:send(call)
  if call.started then return true end
  if length(call) > LARGEST then return nil end
  local command = quoting.command(words(self, call))
  if not command then return nil end
  call.started = reaper.ExecProcess(command, NO_WAIT) ~= nil
  return call.started or nil
end

function Sender:poll(calls, deliver)
  for _, call in ipairs(calls) do letters.read(answers(self, call), call, deliver) end
end

function Sender:forget(call)
  os.remove(answers(self, call))
end

return Sender
