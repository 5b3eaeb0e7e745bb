-- Buttons, sliders and rows: drawn and answered in one go, in every frame. Sizes are in points.

local paint = require("paint")

local Widgets = {}
Widgets.__index = Widgets

local LEFT, CTRL, SHIFT = 1, 4, 8

function Widgets.new()
  return setmetatable({ was_down = false }, Widgets)
end

--- At the start of each frame: what the mouse did since the last one.
function Widgets:begin()
  self.x, self.y = paint.mouse()
  local down = gfx.mouse_cap & LEFT ~= 0
  self.pressed, self.released, self.down = down and not self.was_down, self.was_down and not down, down
  self.ctrl, self.shift = gfx.mouse_cap & CTRL ~= 0, gfx.mouse_cap & SHIFT ~= 0
  self.was_down = down
  self.turned = gfx.mouse_wheel / 120
  gfx.mouse_wheel = 0
end

--- At the end of each frame.
function Widgets:finish()
  if not self.down then self.held = nil end
end

function Widgets:over(x, y, w, h)
  return self.x >= x and self.x < x + w and self.y >= y and self.y < y + h
end

--- True when the mouse was pressed in this box.
function Widgets:hit(x, y, w, h)
  return self.pressed and self:over(x, y, w, h)
end

local ICONS = {
  play = function(x, y) paint.play(x, y - 5, 10, "text") end,
  stop = function(x, y) paint.box(x, y - 4, 8, 8, "text") end,
  box = function(x, y) paint.round(x - 2, y - 5, 11, 11, 2, "back") end,
  ticked = function(x, y)
    paint.round(x - 2, y - 5, 11, 11, 2, "accent")
    paint.tick(x, y - 3, 7, "back")
  end,
}

local function face(label, x, y, w, h, style)
  local left = style.menu and 10 or 6
  local right = style.menu and 22 or 6
  if style.icon then
    left = 24
    ICONS[style.icon](x + 10, y + h / 2)
  end
  local colour = style.dim and "line" or style.on and "back" or "text"
  local align = (style.menu or style.icon) and "left" or "centre"
  paint.text(label, x + left, y, w - left - right, h, { align = align, colour = colour, font = style.font })
  if style.menu then paint.opens(x + w - 18, y + h / 2 - 2, 8, "dim") end
end

--- True when it was clicked. `style`: dim (cannot be clicked), on, lit (lies on what is marked), font, menu (opens
-- one), icon (play, stop, box, ticked).
function Widgets:button(label, x, y, w, h, style)
  style = style or {}
  local over = not style.dim and self:over(x, y, w, h)
  local plain = style.lit and "lit" or "raised"
  paint.round(x, y, w, h, 4, style.on and "accent" or over and "hover" or plain)
  face(label, x, y, w, h, style)
  return over and self.pressed
end

local function track(x, y, w, value, style)
  local middle = math.floor(y + 0.5)
  paint.round(x, middle - 2, w, 4, 2, "raised")
  if style.notch then paint.box(x + w * style.notch - 0.5, middle - 6, 1, 12, "line") end
  if style.dim then return end
  paint.round(x, middle - 2, w * value, 4, 2, style.colour or "accent")
  paint.dot(x + w * value, middle, 7, style.held and "text" or "grip")
end

--- A slider from 0 to 1: the value to show, and true once the mouse lets go of it. `style`: colour, notch (a value
-- to be marked), dim (cannot be moved).
function Widgets:slider(id, value, x, y, w, h, style)
  style = style or {}
  if not style.dim and self:hit(x - 8, y, w + 16, h) then self.held = id end
  local held = self.held == id
  if held then value = (self.x - x) / w end
  value = math.max(0, math.min(1, value))
  track(x, y + h / 2, w, value, { colour = style.colour, notch = style.notch, dim = style.dim, held = held })
  return value, held and self.released
end

--- A bar that only shows a value from 0 to 1.
function Widgets.meter(value, x, y, w, h, colour)
  paint.round(x, y, w, h, h / 2, "raised")
  local part = math.max(0, math.min(1, value))
  if part > 0 then paint.round(x, y, math.max(h, w * part), h, h / 2, colour) end
end

return Widgets
