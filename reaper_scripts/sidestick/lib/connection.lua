-- The way to sidestick: found through daemon.json and proved by a pong; offered to be started when it is not there.

local discovery = require("discovery")
local Post = require("post")
local say = require("say")
local starter = require("starter")

local Connection = {}
Connection.__index = Connection

local PROTOCOL = 1
local PONG = 4.0      -- seconds; a Python that has to be started answers within one
local STARTING = 20.0

--- `ready(post)` is called once sidestick answers; `give_up()` when it cannot be reached.
function Connection.new(ready, give_up)
  local self = setmetatable({ ready = ready, give_up = give_up, until_time = 0 }, Connection)
  self:_ping()
  return self
end

function Connection:_ping()
  local running = discovery.running()
  self.post = running and Post.open(running)
  if not self.post then return self:_nobody() end
  self.post:ask("/sidestick/ping", {}, function(message)
    if message.address == "/sidestick/pong" then return self:_greet(message.args[3], message.args[4]) end
    self:_nobody()
  end, PONG)
end

-- Scripts and daemon are installed one by one, so they may be of different age.
function Connection:_greet(version, protocol)
  if protocol == PROTOCOL then return self:_open() end
  local words = "sidestick %s is newer than these scripts. Update the scripts, then run this action once more."
  if protocol < PROTOCOL then
    words = "sidestick %s is too old for these scripts. Update sidestick, then run this action once more."
  end
  self:_failed(words:format(version))
end

function Connection:_open()
  self.opened = true
  self.ready(self.post)
end

function Connection:_nobody()
  self.post = nil
  if reaper.time_precise() < self.until_time then return end
  if self.until_time > 0 then return self:_failed(starter.hint()) end
  if not say.ask("sidestick is not running. Start it now?") then return self:_failed() end
  local started, problem = starter.start()
  if not started then return self:_failed(problem) end
  self.until_time = reaper.time_precise() + STARTING
end

function Connection:_failed(problem)
  self.failed = true
  if problem then say.sorry(problem) end
  if self.give_up then self.give_up() end
end

--- To be called in every defer cycle; true while there is something to wait for.
function Connection:step()
  if self.failed then return false end
  if self.post then
    local post = self.post
    post:step()
    return self.post ~= post or not self.opened or post:busy()
  end
  if reaper.time_precise() >= self.until_time then self:_nobody() else self:_look_again() end
  return not self.failed
end

function Connection:_look_again()
  if discovery.running() then self:_ping() end
end

return Connection
