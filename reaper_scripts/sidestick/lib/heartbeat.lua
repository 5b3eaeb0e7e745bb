-- Which audio items are being worked on by a script that runs now, this one or another.

local heartbeat = {}

local SECTION, FRESH, EVERY = "sidestick_live", 3.0, 0.5
local last = {}

--- Says that the item with this GUID is being worked on.
function heartbeat.beat(guid)
  local now = reaper.time_precise()
  if now - (last[guid] or -EVERY) < EVERY then return end
  last[guid] = now
  reaper.SetExtState(SECTION, guid, ("%.3f"):format(now), false)
end

function heartbeat.stop(guid)
  reaper.DeleteExtState(SECTION, guid, false)
end

function heartbeat.alive(guid)
  local at = tonumber(reaper.GetExtState(SECTION, guid))
  return at ~= nil and math.abs(reaper.time_precise() - at) < FRESH
end

return heartbeat
