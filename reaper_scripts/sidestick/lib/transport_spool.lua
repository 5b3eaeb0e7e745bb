-- @noindex
-- Requests and answers as files in sidestick's spool, the only transport: it needs no socket and no process.
--
-- On Windows Lua's rename and remove know only paths in the letters of the system's language. So a request is written
-- in place, which the daemon waits for, and what cannot be removed is emptied: the daemon sweeps it away.

local answer_file = require("answer_file")
local files = require("files")
local json = require("json")

local Spool = {}
Spool.__index = Spool

local INTERVAL = 0.05  -- seconds between two looks at the answers; the daemon looks as often

--- `clock` gives seconds.
function Spool.open(daemon, clock)
  return setmetatable({ folder = daemon.spool, clock = clock, next_poll = 0 }, Spool)
end

local function file_path(self, box, request)
  return files.join(self.folder, box, request.id .. ".json")
end

--- The same file again is the same request to sidestick. False while the daemon has not taken it, or when it cannot be
-- written: `request.problem` says why.
function Spool:send(request)
  local path = file_path(self, "inbox", request)
  if (files.read(path) or "") ~= "" then return false end
  local text = json.encode({ address = request.address, args = json.list(request.args) })
  local written, problem = files.write(path, text)
  request.problem = problem
  return written ~= nil
end

function Spool:poll(requests, deliver)
  local now = self.clock()
  if now < self.next_poll then return end
  self.next_poll = now + INTERVAL
  for _, request in ipairs(requests) do answer_file.read(file_path(self, "outbox", request), request, deliver) end
end

--- Nobody waits for this request any more: a request that was not taken is taken back.
function Spool:forget(request)
  files.remove(file_path(self, "inbox", request))
  os.remove(file_path(self, "outbox", request))
end

return Spool
