-- @noindex
-- Buttons, sliders and rows: drawn and answered in one go, in every frame. Sizes are in points.

local graphics = require("graphics")

local Widgets = {}
Widgets.__index = Widgets

local LEFT, CTRL, SHIFT = 1, 4, 8

function Widgets.new()
  return setmetatable({ was_down = false }, Widgets)
end

--- At the start of each frame: what the mouse did since the last one.
function Widgets:begin_frame()
  self.x, self.y = graphics.mouse_position()
  local down = gfx.mouse_cap & LEFT ~= 0
  self.pressed, self.released, self.down = down and not self.was_down, self.was_down and not down, down
  self.ctrl, self.shift = gfx.mouse_cap & CTRL ~= 0, gfx.mouse_cap & SHIFT ~= 0
  self.was_down = down
  self.wheel_steps = gfx.mouse_wheel / 120
  gfx.mouse_wheel = 0
end

--- At the end of each frame.
function Widgets:end_frame()
  if not self.down then self.active = nil end
end

function Widgets:is_hovered(x, y, w, h)
  return self.x >= x and self.x < x + w and self.y >= y and self.y < y + h
end

--- True when the mouse was pressed in this box.
function Widgets:is_pressed_in(x, y, w, h)
  return self.pressed and self:is_hovered(x, y, w, h)
end

local ICONS = {
  play = function(x, y) graphics.draw_play_icon(x, y - 5, 10, "text") end,
  stop = function(x, y) graphics.fill_rect(x, y - 4, 8, 8, "text") end,
  box = function(x, y) graphics.fill_round_rect(x - 2, y - 5, 11, 11, 2, "back") end,
  ticked = function(x, y)
    graphics.fill_round_rect(x - 2, y - 5, 11, 11, 2, "accent")
    graphics.draw_check_mark(x, y - 3, 7, "back")
  end,
}

local function draw_label(label, x, y, w, h, style)
  local left = style.menu and 10 or 6
  local right = style.menu and 22 or 6
  if style.icon then
    left = 24
    ICONS[style.icon](x + 10, y + h / 2)
  end
  local colour = style.disabled and "line" or style.on and "back" or "text"
  local align = (style.menu or style.icon) and "left" or "centre"
  graphics.draw_text(label, x + left, y, w - left - right, h, { align = align, colour = colour, font = style.font })
  if style.menu then graphics.draw_menu_arrow(x + w - 18, y + h / 2 - 2, 8, "dim") end
end

--- True when it was clicked. `style`: disabled (cannot be clicked), on, selected (lies on the selected row), font, menu
-- (opens one), icon (play, stop, box, ticked).
function Widgets:button(label, x, y, w, h, style)
  style = style or {}
  local hovered = not style.disabled and self:is_hovered(x, y, w, h)
  local plain = style.selected and "selected_button" or "raised"
  graphics.fill_round_rect(x, y, w, h, 4, style.on and "accent" or hovered and "hover" or plain)
  draw_label(label, x, y, w, h, style)
  return hovered and self.pressed
end

local function draw_track(x, y, w, value, style)
  local middle = math.floor(y + 0.5)
  graphics.fill_round_rect(x, middle - 2, w, 4, 2, "raised")
  if style.notch then graphics.fill_rect(x + w * style.notch - 0.5, middle - 6, 1, 12, "line") end
  if style.disabled then return end
  graphics.fill_round_rect(x, middle - 2, w * value, 4, 2, style.colour or "accent")
  graphics.fill_circle(x + w * value, middle, 7, style.active and "text" or "grip")
end

--- A slider from 0 to 1: the value to show, and true once the mouse lets go of it. `style`: colour, notch (a value
-- to be shown), disabled (cannot be moved).
function Widgets:slider(id, value, x, y, w, h, style)
  style = style or {}
  if not style.disabled and self:is_pressed_in(x - 8, y, w + 16, h) then self.active = id end
  local active = self.active == id
  if active then value = (self.x - x) / w end
  value = math.max(0, math.min(1, value))
  local track = { colour = style.colour, notch = style.notch, disabled = style.disabled, active = active }
  draw_track(x, y + h / 2, w, value, track)
  return value, active and self.released
end

--- A bar that only shows a value from 0 to 1.
function Widgets.draw_meter(value, x, y, w, h, colour)
  graphics.fill_round_rect(x, y, w, h, h / 2, "raised")
  local share = math.max(0, math.min(1, value))
  if share > 0 then graphics.fill_round_rect(x, y, math.max(h, w * share), h, h / 2, colour) end
end

return Widgets
