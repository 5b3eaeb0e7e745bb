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

--- True when it was clicked. `style`: dim (cannot be clicked), on, font, menu (opens one).
function Widgets:button(label, x, y, w, h, style)
  style = style or {}
  local over = not style.dim and self:over(x, y, w, h)
  paint.box(x, y, w, h, style.on and "accent" or over and "hover" or "raised")
  local colour = style.dim and "line" or style.on and "back" or "text"
  local align = style.menu and "left" or "centre"
  local edge = style.menu and 10 or 4
  paint.text(label, x + edge, y, w - 2 * edge - (style.menu and 10 or 0), h,
    { align = align, colour = colour, font = style.font })
  if style.menu then paint.opens(x + w - 17, y + h / 2 - 2, 8, "dim") end
  return over and self.pressed
end

local function knob(x, y, w, h, value, colour)
  paint.box(x, y + h / 2 - 2, w, 4, "raised")
  paint.box(x, y + h / 2 - 2, w * value, 4, colour)
  paint.box(x + w * value - 4, y + h / 2 - 7, 8, 14, "text")
end

--- A slider from 0 to 1: the value to show, and true once the mouse lets go of it.
function Widgets:slider(id, value, x, y, w, h, colour)
  if self:hit(x - 6, y, w + 12, h) then self.held = id end
  local held = self.held == id
  if held then value = (self.x - x) / w end
  value = math.max(0, math.min(1, value))
  knob(x, y, w, h, value, colour or "accent")
  return value, held and self.released
end

--- A bar that only shows a value from 0 to 1.
function Widgets.meter(value, x, y, w, h, colour)
  paint.box(x, y, w, h, "raised")
  paint.box(x, y, w * math.max(0, math.min(1, value)), h, colour)
end

return Widgets
