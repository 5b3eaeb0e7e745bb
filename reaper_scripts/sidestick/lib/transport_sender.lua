-- Transport through the sender command that daemon.json names. Each process runs on its own, repeats its request until
-- it is answered, and writes the answers to a file.

local answer_file = require("answer_file")
local files = require("files")
local quoting = require("quoting")

local Sender = { name = "sender" }
Sender.__index = Sender

local NO_WAIT = -2  -- and no window in the way
local MAX_BYTES = 1300  -- bytes of arguments in the datagram that the command sends

--- The transport, or nil when the command is not there.
function Sender.open(daemon)
  if not reaper.file_exists(daemon.sender[1]) then return nil end
  local folder = files.join(reaper.GetResourcePath(), "sidestick")
  reaper.RecursiveCreateDirectory(folder, 0)
  return setmetatable({ command = daemon.sender, osc_port = daemon.osc_port, folder = folder }, Sender)
end

local function answer_path(self, request)
  return files.join(self.folder, request.id .. ".json")
end

local function command_words(self, request)
  local words = { table.unpack(self.command) }
  local function append(...)
    for _, word in ipairs({ ... }) do words[#words + 1] = word end
  end
  append("--osc-port", tostring(self.osc_port), "--id", request.id, "--wait", "--answers", answer_path(self, request))
  append("--", request.address)
  for index = 2, #request.args do
    local word = tostring(request.args[index])
    append(word:find("^{") and quoting.escape_json(word) or word)
  end
  return words
end

local function argument_bytes(request)
  local bytes = #request.address
  for _, word in ipairs(request.args) do bytes = bytes + #tostring(word) + 8 end
  return bytes
end

--- One process for a request, however often it is sent. Nil when the request is too long, or cannot be written on a
-- command line.
function Sender:send(request)
  if request.started then return true end
  if argument_bytes(request) > MAX_BYTES then return nil end
  local command = quoting.command_line(command_words(self, request))
  if not command then return nil end
  request.started = reaper.ExecProcess(command, NO_WAIT) ~= nil
  return request.started or nil
end

function Sender:poll(requests, deliver)
  for _, request in ipairs(requests) do answer_file.read(answer_path(self, request), request, deliver) end
end

function Sender:forget(request)
  os.remove(answer_path(self, request))
end

return Sender
