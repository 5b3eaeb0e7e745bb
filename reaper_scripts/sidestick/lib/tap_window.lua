-- @noindex
-- The tap window: a button and a key to tap the beat with, and what the taps say.

local graphics = require("graphics")
local project = require("project")
local Widgets = require("widgets")
local window_position = require("window_position")

local TapWindow = {}
TapWindow.__index = TapWindow

local WIDTH, HEIGHT, MARGIN, LINE_HEIGHT, BUTTON_HEIGHT = 380, 170, 14, 20, 44
local CLOSED, ESCAPE, SPACE = -1, 27, 32
local TAP_KEYS = { [("T"):byte()] = true, [("t"):byte()] = true }
local PLAY_OR_STOP = 40044  -- REAPER's action "Transport: Play/stop"
local HINTS = {
  "Press T on the beat, four times or more.",
  "While the item plays, the beats come to lie on the taps.",
  "Space plays and stops.",
}

--- `on_tap()` is called at each tap. `text` says what the taps are.
function TapWindow.new(on_tap)
  graphics.open_window("sidestick: tap the beat", window_position.load("taps", WIDTH, HEIGHT))
  return setmetatable({ on_tap = on_tap, widgets = Widgets.new(), is_open = true, text = "" }, TapWindow)
end

local function draw(self)
  graphics.begin_frame()
  self.widgets:begin_frame()
  local w, h = graphics.window_size()
  local width, hint = w - 2 * MARGIN, { font = "small", colour = "dim" }
  graphics.fill_rect(0, 0, w, h, "back")
  if self.widgets:button("Tap", MARGIN, MARGIN, width, BUTTON_HEIGHT, { font = "bold" }) then self.on_tap() end
  local y = MARGIN + BUTTON_HEIGHT + 8
  graphics.draw_text(self.text, MARGIN, y, width, LINE_HEIGHT)
  for index, text in ipairs(HINTS) do
    graphics.draw_text(text, MARGIN, y + 4 + index * LINE_HEIGHT, width, LINE_HEIGHT, hint)
  end
  self.widgets:end_frame()
  gfx.update()
end

-- All keys since the last frame.
local function read_keys(self)
  local key = gfx.getchar()
  while key > 0 and key ~= ESCAPE do
    if TAP_KEYS[key] then self.on_tap() end
    if key == SPACE then reaper.Main_OnCommandEx(PLAY_OR_STOP, 0, project.current) end
    key = gfx.getchar()
  end
  if key == CLOSED or key == ESCAPE then self:close() end
end

--- To be called in every defer cycle.
function TapWindow:step()
  if not self.is_open then return end
  draw(self)
  read_keys(self)
end

function TapWindow:close()
  self.is_open = false
  window_position.save("taps")
  gfx.quit()
end

return TapWindow
