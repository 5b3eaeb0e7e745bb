-- The review window: clusters above, sliders for each drum and the grid below. Sizes are in points.

local drums = require("drums")
local paint = require("paint")
local Widgets = require("widgets")

local View = {}
View.__index = View

local EDGE, HEAD, TITLES, ROW, DRUMS, GRID, FOOT = 14, 46, 22, 28, 116, 40, 26

function View.new(model)
  return setmetatable({ model = model, widgets = Widgets.new(), scroll = 0 }, View)
end

local function menu(self, items, x, y)
  gfx.x, gfx.y = math.floor(x * paint.scale), math.floor(y * paint.scale)
  local choice = math.floor(gfx.showmenu(items))
  self.widgets.was_down = false
  return choice
end

local function header(self, w)
  local model, widgets = self.model, self.widgets
  local x = w - EDGE
  local function button(label, width, act)
    x = x - width
    if widgets:button(label, x, 10, width - 6, 26) then act(model) end
  end
  button("Stop", 58, model.stop)
  button("Play", 58, model.push)
  button("Redo", 58, model.redo)
  button("Undo", 58, model.undo)
  paint.text(model.name, EDGE, 0, x - EDGE - 10, HEAD, { font = "title" })
  paint.box(0, HEAD, w, 1, "line")
end

-- Left edges of the columns and the right end of the last one.
local function columns(w)
  local room = w - 2 * EDGE
  return {
    label = EDGE + 34, hits = EDGE + room * 0.46, velocity = EDGE + room * 0.57, sure = EDGE + room * 0.79,
    stop = w - EDGE,
  }
end

local function titles(w)
  local at = columns(w)
  local style = { font = "small", colour = "dim" }
  paint.text("Sound", at.label, HEAD, 100, TITLES, style)
  paint.text("Hits", at.hits - 40, HEAD, 70, TITLES, { font = "small", colour = "dim", align = "right" })
  paint.text("Mean velocity", at.velocity + 8, HEAD, 120, TITLES, style)
  paint.text("How sure", at.sure + 8, HEAD, 80, TITLES, style)
end

local function label_button(self, index, row, x, y, w)
  if not self.widgets:button(drums.name(row.label), x, y + 3, w, ROW - 6, { menu = true }) then return end
  self.model:mark(index)
  local choice = menu(self, drums.menu(row.label), x, y + ROW)
  if drums.LIST[choice] then self.model:relabel(drums.LIST[choice].label) end
end

local function play_button(self, index, row, y)
  local over = self.widgets:over(EDGE, y, 28, ROW)
  paint.play(EDGE + 8, y + 8, 12, over and "text" or row.drum)
  if over and self.widgets.pressed then
    self.model:mark(index)
    self.model:audition()
  end
end

local function figures(row, at, y)
  paint.text(tostring(row.count), at.hits - 40, y, 70, ROW, { align = "right" })
  paint.text(("%.0f"):format(row.velocity), at.velocity + 8, y, 28, ROW, { align = "right" })
  local room = at.sure - at.velocity - 60
  Widgets.meter(row.velocity / 127, at.velocity + 44, y + 11, room, 6, row.drum)
  paint.text(("%.0f %%"):format(row.confidence * 100), at.sure + 8, y, 40, ROW, { align = "right" })
  local colour = row.confidence < 0.5 and "warn" or "accent"
  Widgets.meter(row.confidence, at.sure + 56, y + 11, at.stop - at.sure - 62, 6, colour)
end

local function row_at(self, index, row, y, w)
  local at = columns(w)
  if index == self.model.marked then paint.box(EDGE - 6, y, w - 2 * EDGE + 12, ROW, "marked") end
  play_button(self, index, row, y)
  label_button(self, index, row, at.label, y, at.hits - at.label - 46)
  figures(row, at, y)
  if self.widgets:hit(EDGE, y, w - 2 * EDGE, ROW) then self.model:mark(index) end
end

local function visible_rows(h)
  return math.max(1, (h - HEAD - TITLES - DRUMS - GRID - FOOT) // ROW)
end

-- Keeps the marked row in sight, and never scrolls past the ends.
local function scrolled(self, count)
  local model = self.model
  if self.last_marked ~= model.marked then
    self.scroll = math.max(model.marked - count, math.min(self.scroll, model.marked - 1))
    self.last_marked = model.marked
  end
  self.scroll = math.max(0, math.min(self.scroll - self.widgets.turned, #model.rows - count)) // 1
end

local function table_of_rows(self, w, h)
  titles(w)
  local count = visible_rows(h)
  scrolled(self, count)
  for place = 1, count do
    local index = math.floor(place + self.scroll)
    local row = self.model.rows[index]
    if row then row_at(self, index, row, HEAD + TITLES + (place - 1) * ROW, w) end
  end
  local more = #self.model.rows - count
  if more <= 0 then return end
  local tall = count * ROW
  paint.box(w - 5, HEAD + TITLES + tall * self.scroll / #self.model.rows, 3, tall * count / #self.model.rows, "line")
end

local function ends(left, right, x, y, w)
  paint.text(left, x, y, w / 2, 16, { font = "small", colour = "dim" })
  paint.text(right, x + w / 2, y, w / 2, 16, { font = "small", colour = "dim", align = "right" })
end

local function hits_slider(self, drum, x, y, w)
  ends("fewer", "more", x, y, w)
  local now = self.model:sensitivity_of(drum)
  local value, chosen = self.widgets:slider("hits " .. drum, now, x + 4, y + 14, w - 8, 20, drum)
  if chosen then self.model:set_sensitivity(drum, value) end
end

local function velocity_slider(self, drum, x, y, w)
  local mean = self.model.velocity and self.model.velocity[drum]
  if not mean then return end
  ends("softer", "louder", x, y, w)
  local value, chosen = self.widgets:slider("velocity " .. drum, mean / 127, x + 4, y + 14, w - 8, 20, drum)
  if chosen then self.model:set_velocity(drum, value * 127) end
end

local function drum_sliders(self, drum, x, y, w)
  local name = drum == "hihat" and "Hi-Hat" or drum:sub(1, 1):upper() .. drum:sub(2)
  local count = self.model.count and self.model.count[drum] or 0
  paint.dot(x + 5, y + 15, 4, drum)
  paint.text(name, x + 16, y + 4, w - 40, 22, { font = "bold" })
  paint.text(tostring(count), x + w - 24, y + 4, 24, 22, { colour = "dim", align = "right", font = "small" })
  hits_slider(self, drum, x, y + 28, w)
  velocity_slider(self, drum, x, y + 66, w)
end

local function drum_panel(self, w, y)
  paint.box(0, y, w, DRUMS, "panel")
  local gap = 14
  local wide = (w - 2 * EDGE - gap * (#drums.FAMILIES - 1)) / #drums.FAMILIES
  for index, drum in ipairs(drums.FAMILIES) do
    drum_sliders(self, drum, EDGE + (index - 1) * (wide + gap), y + 2, wide)
  end
end

local STEPS = { "1/4", "1/8", "1/16", "1/32", "1/4T", "1/8T", "1/16T" }

local function step_menu(self, x, y)
  local choice = menu(self, table.concat(STEPS, "|"), x, y)
  if STEPS[choice] then self.model:set_grid({ step = STEPS[choice], quantize = true }) end
end

local function swing_slider(self, x, y, w)
  local grid, widgets = self.model.grid, self.widgets
  local auto = type(grid.swing) ~= "number"
  paint.text("Swing", x, y, 44, GRID, { colour = "dim", font = "small" })
  if widgets:button("auto", x + 44, y + 9, 44, 22, { on = auto, font = "small" }) then
    self.model:set_grid({ swing = "auto" })
  end
  local now = auto and 0 or (grid.swing - 0.5) * 4
  local value, chosen = widgets:slider("swing", now, x + 100, y + 10, w - 106, 20, auto and "raised")
  if chosen then self.model:set_grid({ swing = math.floor((0.5 + value / 4) * 1000 + 0.5) / 1000 }) end
end

local function grid_buttons(self, y)
  local grid, widgets = self.model.grid, self.widgets
  local on = grid.quantize == true
  if widgets:button("Quantize", EDGE, y + 9, 76, 22, { on = on, font = "small" }) then
    self.model:set_grid({ quantize = not on })
  end
  if widgets:button(grid.step or "1/16", EDGE + 84, y + 9, 62, 22, { font = "small", menu = true }) then
    step_menu(self, EDGE + 84, y + 31)
  end
end

local function grid_panel(self, w, y)
  paint.box(0, y, w, GRID, "panel")
  paint.box(0, y, w, 1, "line")
  grid_buttons(self, y)
  local x, half = EDGE + 162, (w - 2 * EDGE - 162) / 2
  paint.text("Strength", x, y, 60, GRID, { colour = "dim", font = "small" })
  local value, chosen = self.widgets:slider("strength", self.model.grid.strength or 1, x + 66, y + 10, half - 84, 20)
  if chosen then self.model:set_grid({ strength = math.floor(value * 100 + 0.5) / 100 }) end
  swing_slider(self, x + half, y, half)
end

local HELP = "Arrows choose, Enter plays, a letter relabels (K S H O C R 1-4 ...), Delete removes, Ctrl+Z undoes"

local function footer(self, w, y)
  local model = self.model
  local text = model.message or model.waiting > 0 and "Working ..." or HELP
  paint.text(text, EDGE, y, w - 2 * EDGE, FOOT, { font = "small", colour = model.message and "warn" or "dim" })
end

--- One frame.
function View:draw()
  paint.begin()
  self.widgets:begin()
  local w, h = paint.size()
  paint.box(0, 0, w, h, "back")
  local low = h - FOOT - GRID - DRUMS
  table_of_rows(self, w, h)
  drum_panel(self, w, low)
  grid_panel(self, w, low + DRUMS)
  footer(self, w, h - FOOT)
  header(self, w)
  self.widgets:finish()
  gfx.update()
end

return View
