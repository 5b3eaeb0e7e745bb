-- @noindex
-- The connection to the daemon: found through daemon.json and checked with a ping; offers to start a missing daemon.

local Client = require("client")
local discovery = require("discovery")
local launcher = require("launcher")
local message_box = require("message_box")

local Connection = {}
Connection.__index = Connection

local PROTOCOL = 1
local PONG_TIMEOUT = 4.0      -- seconds; a Python that has to be started answers within one
local START_TIMEOUT = 20.0

--- `on_ready(client)` is called once sidestick answers; `on_failure()` when it cannot be reached.
function Connection.new(on_ready, on_failure)
  local self = setmetatable({ on_ready = on_ready, on_failure = on_failure, start_deadline = 0 }, Connection)
  self:_ping()
  return self
end

function Connection:_ping()
  local daemon = discovery.find_daemon()
  self.client = daemon and Client.open(daemon)
  if not self.client then return self:_offer_start() end
  self.client:request("/sidestick/ping", {}, function(message)
    if message.address == "/sidestick/pong" then return self:_check_protocol(message.args[3], message.args[4]) end
    self:_offer_start()
  end, PONG_TIMEOUT)
end

-- Scripts and daemon are installed one by one, so they may be of different age.
function Connection:_check_protocol(version, protocol)
  if protocol == PROTOCOL then return self:_become_ready() end
  local sentence = "sidestick %s is newer than these scripts. Update the scripts, then run this action once more."
  if protocol < PROTOCOL then
    sentence = "sidestick %s is too old for these scripts. Update sidestick, then run this action once more."
  end
  self:_fail(sentence:format(version))
end

function Connection:_become_ready()
  self.is_open = true
  self.on_ready(self.client)
end

function Connection:_offer_start()
  self.client = nil
  if reaper.time_precise() < self.start_deadline then return end
  if self.start_deadline > 0 then return self:_fail(launcher.failure_hint()) end
  if not message_box.confirm("sidestick is not running. Start it now?") then return self:_fail() end
  local started, problem = launcher.start()
  if not started then return self:_fail(problem) end
  self.start_deadline = reaper.time_precise() + START_TIMEOUT
end

function Connection:_fail(problem)
  self.has_failed = true
  if problem then message_box.show(problem) end
  if self.on_failure then self.on_failure() end
end

--- To be called in every defer cycle; true while there is something to wait for.
function Connection:step()
  if self.has_failed then return false end
  if self.client then
    local client = self.client
    client:step()
    return self.client ~= client or not self.is_open or client:is_busy()
  end
  if reaper.time_precise() >= self.start_deadline then self:_offer_start() else self:_ping_if_started() end
  return not self.has_failed
end

function Connection:_ping_if_started()
  if discovery.find_daemon() then self:_ping() end
end

return Connection
