-- Transport through files in sidestick's spool. For every REAPER: needs no socket and no process.

local answer_file = require("answer_file")
local files = require("files")
local json = require("json")

local Spool = { name = "spool" }
Spool.__index = Spool

--- The transport, or nil when the spool cannot be written.
function Spool.open(daemon)
  local self = setmetatable({ folder = daemon.spool }, Spool)
  local probe = files.join(daemon.spool, "inbox", ".reaper")
  if not files.write_atomically(probe, "") then return nil end
  os.remove(probe)
  return self
end

local function file_path(self, box, request)
  return files.join(self.folder, box, request.id .. ".json")
end

--- The same file again is the same request to sidestick. False while the daemon has not taken it, or when it cannot be
-- written: `request.problem` says why.
function Spool:send(request)
  local path = file_path(self, "inbox", request)
  if reaper.file_exists(path) then return false end
  local text = json.encode({ address = request.address, args = json.list(request.args) })
  local written, problem = files.write_atomically(path, text)
  request.problem = problem
  return written ~= nil
end

function Spool:poll(requests, deliver)
  for _, request in ipairs(requests) do answer_file.read(file_path(self, "outbox", request), request, deliver) end
end

--- Nobody waits for this request any more: a request that was not taken is taken back.
function Spool:forget(request)
  os.remove(file_path(self, "inbox", request))
  os.remove(file_path(self, "outbox", request))
end

return Spool
