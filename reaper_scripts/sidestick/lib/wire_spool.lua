-- Requests as files in sidestick's spool. For every REAPER: needs no socket and no process.

local files = require("files")
local json = require("json")
local letters = require("letters")

local Spool = { name = "spool" }
Spool.__index = Spool

--- The wire, or nil when the spool cannot be written.
function Spool.open(running)
  local self = setmetatable({ folder = running.spool }, Spool)
  local probe = files.join(running.spool, "inbox", ".reaper")
  if not files.write_whole(probe, "") then return nil end
  os.remove(probe)
  return self
end

local function place(self, box, call)
  return files.join(self.folder, box, call.id .. ".json")
end

--- The same file again is the same request to sidestick. False while nobody has taken it away, or when it cannot be
-- written: `call.problem` says why.
function Spool:send(call)
  local path = place(self, "inbox", call)
  if reaper.file_exists(path) then return false end
  local text = json.encode({ address = call.address, args = json.list(call.args) })
  local written, problem = files.write_whole(path, text)
  call.problem = problem
  return written ~= nil
end

function Spool:poll(calls, deliver)
  for _, call in ipairs(calls) do letters.read(place(self, "outbox", call), call, deliver) end
end

--- Nobody waits for this call any more: a request that was not taken is taken back.
function Spool:forget(call)
  os.remove(place(self, "inbox", call))
  os.remove(place(self, "outbox", call))
end

return Spool
