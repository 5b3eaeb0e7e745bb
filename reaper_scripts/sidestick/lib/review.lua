-- Review and relabel: the window, its keys, and the MIDI item that follows every change at once.

local Connection = require("connection")
local drums = require("drums")
local loop = require("loop")
local Model = require("review_model")
local paint = require("paint")
local place = require("place")
local relabel = require("relabel")
local say = require("say")
local View = require("review_view")

local review = {}

local NAME, WIDTH, HEIGHT = "review", 760, 584
local CLOSED, ESCAPE, ENTER, SPACE = -1, 27, 13, 32
local UP, DOWN, DELETE, BACKSPACE = 30064, 1685026670, 6579564, 8
local CTRL_Z, CTRL_Y = 26, 25

local KEYS = {
  [UP] = function(model) model:mark(model.marked - 1) end,
  [DOWN] = function(model) model:mark(model.marked + 1) end,
  [ENTER] = function(model) model:audition() end,
  [SPACE] = function(model) model:audition() end,
  [DELETE] = function(model) model:delete() end,
  [BACKSPACE] = function(model) model:delete() end,
  [CTRL_Z] = function(model) model:undo() end,
  [CTRL_Y] = function(model) model:redo() end,
}

local function letter(key)
  return key > SPACE and key < 127 and drums.by_key[string.char(key):lower()]
end

--- What a key does. False when the window is to be closed.
function review.press(model, key)
  if key == CLOSED or key == ESCAPE then return false end
  local act, drum = KEYS[key], letter(key)
  if act then act(model) elseif drum then model:relabel(drum.label) end
  return true
end

local function frame(model, view)
  view:draw()
  local key = gfx.getchar()
  while key > 0 do
    if not review.press(model, key) then return false end
    key = gfx.getchar()
  end
  return key ~= CLOSED
end

--- Opens the window for the selected item.
function review.run()
  local item = relabel.item()
  if not item then return say.sorry("Select an item that sidestick has made MIDI of first.") end
  local model = Model.new(item)
  local view = View.new(model)
  local connection = Connection.new(function(post) model:open(post) end)
  paint.open("sidestick: review and relabel", place.load(NAME, WIDTH, HEIGHT))
  loop.run(function()
    local open = frame(model, view)
    connection:step()
    return open and not connection.failed
  end, function()
    place.save(NAME)
    gfx.quit()
  end)
end

return review
