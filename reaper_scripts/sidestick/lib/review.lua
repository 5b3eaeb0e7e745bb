-- Review and relabel: the window, its keys, and the MIDI item that follows every change at once.

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

--- What a key does. False when the window is to be closed.
function review.press_key(model, key)
  if key == CLOSED or key == ESCAPE then return false end
  local action, drum = KEYS[key], drum_of_key(key)
  if action then action(model) elseif drum then model:relabel(drum.label) end
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
  local item = relabel.midi_item()
  if not item then return message_box.show("Select an item that sidestick has made MIDI of first.") end
  local model = Model.new(item)
  local view = View.new(model)
  local connection = Connection.new(function(client) model:open(client) end)
  graphics.open_window("sidestick: review and relabel", window_position.load(NAME, WIDTH, HEIGHT))
  time_slicing.run_loop(function()
    local open = run_frame(model, view)
    connection:step()
    return open and not connection.has_failed
  end, function()
    window_position.save(NAME)
    gfx.quit()
  end)
end

return review
