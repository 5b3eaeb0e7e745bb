-- @noindex
-- Where a window was when it was closed, and how large, so that it opens there again.

local settings = require("settings")

local window_position = {}

--- {x, y, w, h, dock} of the window called `name`; `w` and `h` are its first size. `is_new`: nothing was saved yet.
function window_position.load(name, w, h)
  local pattern = "^(-?%d+) (-?%d+) (%d+) (%d+) (%d+)$"
  local x, y, width, height, dock = settings.get("window_" .. name):match(pattern)
  if not x then return { x = 200, y = 160, w = w, h = h, dock = 0, is_new = true } end
  local integer = math.tointeger
  return { x = integer(tonumber(x)), y = integer(tonumber(y)), w = integer(tonumber(width)),
    h = integer(tonumber(height)), dock = integer(tonumber(dock)) }
end

--- `height_scale` is multiplied with the height before it is saved, 1 unless given.
function window_position.save(name, height_scale)
  local dock, x, y, w, h = gfx.dock(-1, 0, 0, 0, 0)
  if not x or w < 50 or h < 50 then return end
  h = h * (height_scale or 1)
  settings.set("window_" .. name, ("%.0f %.0f %.0f %.0f %.0f"):format(x, y, w, h, dock))
end

return window_position
