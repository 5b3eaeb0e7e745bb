-- Where a window was when it was closed, so that it opens there again.

local settings = require("settings")

local place = {}

--- {x, y, w, h, dock} of the window called `name`; `w` and `h` are its first size.
function place.load(name, w, h)
  local pattern = "^(-?%d+) (-?%d+) (%d+) (%d+) (%d+)$"
  local x, y, width, height, dock = settings.get("window_" .. name):match(pattern)
  if not x then return { x = 200, y = 160, w = w, h = h, dock = 0, fresh = true } end
  local number = math.tointeger
  return { x = number(tonumber(x)), y = number(tonumber(y)), w = number(tonumber(width)), h = number(tonumber(height)),
    dock = number(tonumber(dock)) }
end

--- `part` is what is kept of the height, 1 if all of it.
function place.save(name, part)
  local dock, x, y, w, h = gfx.dock(-1, 0, 0, 0, 0)
  if not x or w < 50 or h < 50 then return end
  h = h * (part or 1)
  settings.set("window_" .. name, ("%.0f %.0f %.0f %.0f %.0f"):format(x, y, w, h, dock))
end

return place
