-- @noindex
-- Review and relabel: the window, its keys, and the MIDI item that follows every change at once.

local action = require("action")
local Connection = require("connection")
local drums = require("drums")
local graphics = require("graphics")
local message_box = require("message_box")
local relabel = require("relabel")
local Model = require("review_model")
local View = require("review_view")
local time_slicing = require("time_slicing")
local window_position = require("window_position")

local review = {}

local NAME, WIDTH, HEIGHT = "review", 760, 584
local CLOSED, ESCAPE, ENTER, SPACE = -1, 27, 13, 32
local UP, DOWN, DELETE, BACKSPACE = 30064, 1685026670, 6579564, 8
local CTRL_Z, CTRL_Y = 26, 25
local CTRL = 4  -- of gfx.mouse_cap

local KEYS = {
  [UP] = function(model) model:select(model.selected - 1) end,
  [DOWN] = function(model) model:select(model.selected + 1) end,
  [ENTER] = function(model) model:audition() end,
  [SPACE] = function(model) model:audition() end,
  [DELETE] = function(model) model:delete() end,
  [BACKSPACE] = function(model) model:delete() end,
  [CTRL_Z] = function(model) model:undo() end,
  [CTRL_Y] = function(model) model:redo() end,
}

local function drum_of_key(key)
  return key > SPACE and key < 127 and drums.by_key[string.char(key):lower()]
end

-- Ctrl+H and Ctrl+M come with the codes of Backspace and Enter.
local function is_other_key(key)
  return (key == BACKSPACE or key == ENTER) and gfx.mouse_cap & CTRL ~= 0
end

--- What a key does. False when the window is to be closed.
function review.press_key(model, key)
  if key == CLOSED or key == ESCAPE then return false end
  if is_other_key(key) then return true end
  local act, drum = KEYS[key], drum_of_key(key)
  if act then act(model) elseif drum then model:relabel(drum.label) end
  return true
end

local function run_frame(model, view)
  view:draw()
  local key = gfx.getchar()
  while key > 0 do
    if not review.press_key(model, key) then return false end
    key = gfx.getchar()
  end
  return key ~= CLOSED
end

--- Opens the window for the selected item.
function review.run()
  local take = relabel.midi_take()
  if not take then return message_box.show("Select an item that sidestick has made MIDI of first.") end
  local model = Model.new(take)
  local view = View.new(model)
  local connection = Connection.new(function(client) model:open(client) end)
  graphics.open_window("sidestick: review and relabel", window_position.load(NAME, WIDTH, HEIGHT))
  action.at_exit(function()
    window_position.save(NAME)
    gfx.quit()
  end)
  time_slicing.run_loop(function()
    local open = run_frame(model, view)
    connection:step()
    return open and not connection.has_failed
  end)
end

return review
