-- @noindex
-- Leases of audio items: a script that works on an item renews its lease, so that no other script works on it too.

local item_lease = {}

local SECTION, EXPIRY, RENEWAL = "sidestick_live", 3.0, 0.5  -- seconds
local LEFT = "left"
local renewed_at = {}

--- Takes or renews the lease of the item with this GUID.
function item_lease.renew(guid)
  local now = reaper.time_precise()
  if now - (renewed_at[guid] or -RENEWAL) < RENEWAL then return end
  renewed_at[guid] = now
  reaper.SetExtState(SECTION, guid, ("%.3f"):format(now), false)
end

function item_lease.release(guid)
  reaper.DeleteExtState(SECTION, guid, false)
end

--- Leaves the item to the next script, which goes on with it: this one is stopped in the middle.
function item_lease.leave(guid)
  reaper.SetExtState(SECTION, guid, LEFT, false)
end

--- Whether a script was stopped in the middle of its work on the item.
function item_lease.is_left(guid)
  return reaper.GetExtState(SECTION, guid) == LEFT
end

--- Whether a script that runs now, this one or another, works on the item.
function item_lease.is_held(guid)
  local time = tonumber(reaper.GetExtState(SECTION, guid))
  return time ~= nil and math.abs(reaper.time_precise() - time) < EXPIRY
end

return item_lease
