-- The review window: what sounds alike above, sliders for each drum and the grid below. Sizes are in points.

local drums = require("drums")
local lanes = require("lanes")
local paint = require("paint")
local Widgets = require("widgets")

local View = {}
View.__index = View

local EDGE, HEAD, TITLES, ROW, CARDS, GRID, FOOT = 16, 56, 24, 30, 132, 44, 28
local UNSURE, NARROW = 0.5, 126

function View.new(model)
  return setmetatable({ model = model, widgets = Widgets.new(), scroll = 0 }, View)
end

local function menu(self, items, x, y)
  gfx.x, gfx.y = math.floor(x * paint.scale), math.floor(y * paint.scale)
  local choice = math.floor(gfx.showmenu(items))
  self.widgets.was_down = false
  return choice
end

local function counted(number, word)
  return ("%d %s%s"):format(number, word, number == 1 and "" or "s")
end

local function heading(model, w)
  paint.text(model.name, EDGE, 9, w, 22, { font = "title" })
  local hits = 0
  for _, row in ipairs(model.rows) do hits = hits + row.count end
  local groups = counted(#model.rows, "group") .. (#model.rows == 1 and " of one sound" or " that sound alike")
  local about = #model.rows > 0 and ("%s in %s"):format(counted(hits, "hit"), groups) or ""
  paint.text(about, EDGE, 30, w, 16, { font = "small", colour = "dim" })
end

local function header(self, w)
  local model, widgets = self.model, self.widgets
  local x = w - EDGE + 8
  local function button(label, width, act, icon)
    x = x - width
    if widgets:button(label, x, 14, width, 28, { icon = icon }) then act(model) end
    x = x - 6
  end
  button("Redo", 58, model.redo)
  button("Undo", 58, model.undo)
  x = x - 8
  button("Stop", 66, model.stop, "stop")
  button("Play", 66, model.push, "play")
  heading(model, x - EDGE - 8)
  paint.box(0, HEAD, w, 1, "raised")
end

-- Left edges of the columns and the right end of the last one.
local function columns(w)
  local stop = w - EDGE
  local sure = stop - 92
  local velocity = sure - 106
  local label = EDGE + 34
  local lane = label + math.max(150, (velocity - label) * 0.36) + 60
  return { label = label, hits = lane - 14, lane = lane, velocity = velocity, sure = sure, stop = stop }
end

local function titles(w)
  local at = columns(w)
  local style = { font = "small", colour = "dim" }
  local right = { font = "small", colour = "dim", align = "right" }
  paint.text("Sound", at.label + 10, HEAD, 100, TITLES, style)
  paint.text("Hits", at.hits - 40, HEAD, 40, TITLES, right)
  paint.text("In the song", at.lane, HEAD, at.velocity - at.lane - 16, TITLES, style)
  paint.text("Velocity", at.velocity, HEAD, 94, TITLES, style)
  paint.text("How sure", at.sure, HEAD, 92, TITLES, style)
end

local function label_button(self, index, row, x, y, w)
  local name = drums.name(row.label) .. (row.cluster < 0 and " (single)" or "")
  local style = { menu = true, lit = index == self.model.marked }
  if not self.widgets:button(name, x, y + 3, w, ROW - 6, style) then return end
  self.model:mark(index)
  local choice = menu(self, drums.menu(row.label), x, y + ROW)
  if drums.LIST[choice] then self.model:relabel(drums.LIST[choice].label) end
end

local function play_button(self, index, row, y)
  local over = self.widgets:over(EDGE, y, 28, ROW)
  local plain = index == self.model.marked and "lit" or "raised"
  paint.dot(EDGE + 12, y + ROW / 2, 10, over and "hover" or plain)
  paint.play(EDGE + 9, y + ROW / 2 - 5, 10, row.drum)
  if over and self.widgets.pressed then
    self.model:mark(index)
    self.model:audition()
  end
end

local function lane(model, row, x, y, w)
  paint.round(x, y + 6, w, ROW - 12, 3, "panel")
  local bins = lanes.of(row, model.duration, w // 2)
  local low, tall = y + ROW - 8, ROW - 16
  for index, loudness in pairs(bins) do
    local high = math.max(3, tall * loudness / 127)
    paint.box(x + 2 * (index - 1), low - high, 1, high, row.drum)
  end
end

local function figures(row, at, y)
  local right = { align = "right" }
  paint.text(tostring(row.count), at.hits - 50, y, 50, ROW, right)
  paint.text(("%.0f"):format(row.velocity), at.velocity, y, 26, ROW, right)
  Widgets.meter(row.velocity / 127, at.velocity + 34, y + ROW / 2 - 2, 56, 4, row.drum)
  local unsure = row.confidence < UNSURE
  local style = { align = "right", colour = unsure and "warn" or "text" }
  paint.text(("%.0f %%"):format(row.confidence * 100), at.sure, y, 40, ROW, style)
  Widgets.meter(row.confidence, at.sure + 48, y + ROW / 2 - 2, 44, 4, unsure and "warn" or "accent")
end

local function row_at(self, index, row, y, w)
  local at = columns(w)
  if index == self.model.marked then
    paint.round(EDGE - 8, y, w - 2 * EDGE + 16, ROW, 5, "marked")
    paint.round(EDGE - 8, y + 5, 3, ROW - 10, 1, row.drum)
  end
  play_button(self, index, row, y)
  label_button(self, index, row, at.label, y, at.hits - at.label - 46)
  lane(self.model, row, at.lane, y, at.velocity - at.lane - 16)
  figures(row, at, y)
  if self.widgets:hit(EDGE, y, w - 2 * EDGE, ROW) then self.model:mark(index) end
end

local function visible_rows(h)
  return math.max(1, (h - HEAD - TITLES - CARDS - GRID - FOOT) // ROW)
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

local function scroll_bar(self, w, count)
  local all, tall = #self.model.rows, count * ROW
  if all <= count then return end
  paint.round(w - 6, HEAD + TITLES + tall * self.scroll / all, 4, tall * count / all, 2, "line")
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
  scroll_bar(self, w, count)
end

local function caption(left, right, x, y, w)
  paint.text(left, x, y, w * 0.55, 16, { font = "small", colour = "dim" })
  paint.text(right, x + w * 0.45, y, w * 0.55, 16, { font = "small", align = "right" })
end

local function against_heard(value)
  local change = math.floor((value - 0.5) * 200 + 0.5)
  return change == 0 and "as heard" or ("%+d %%"):format(change)
end

local function hits_slider(self, drum, x, y, w)
  local now = self.model:sensitivity_of(drum)
  local style = { colour = drum, notch = 0.5 }
  local value, chosen = self.widgets:slider("hits " .. drum, now, x + 7, y + 16, w - 14, 18, style)
  caption("Hits", against_heard(value), x, y, w)
  if chosen then self.model:set_sensitivity(drum, value) end
end

local function velocity_slider(self, drum, x, y, w)
  local mean = self.model.velocity and self.model.velocity[drum]
  local style = { colour = drum, dim = not mean }
  local value, chosen = self.widgets:slider("velocity " .. drum, (mean or 0) / 127, x + 7, y + 16, w - 14, 18, style)
  caption("Velocity", mean and ("%.0f"):format(math.max(1, value * 127)) or "", x, y, w)
  if chosen then self.model:set_velocity(drum, math.max(1, value * 127)) end
end

local function drum_card(self, drum, x, y, w)
  local count = self.model.count and self.model.count[drum] or 0
  paint.round(x, y, w, CARDS - 16, 6, "panel")
  paint.dot(x + 15, y + 17, 4, drum)
  local room = w >= NARROW and 48 or 10
  paint.text(drums.family_name(drum), x + 26, y + 6, w - 26 - room, 22, { font = "bold" })
  if w >= NARROW then
    paint.text(tostring(count), x + w - 48, y + 6, 38, 22, { colour = "dim", align = "right", font = "small" })
  end
  hits_slider(self, drum, x + 10, y + 32, w - 20)
  velocity_slider(self, drum, x + 10, y + 72, w - 20)
end

local function drum_cards(self, w, y)
  local gap = 8
  local wide = (w - 2 * EDGE + 16 - gap * (#drums.FAMILIES - 1)) / #drums.FAMILIES
  for index, drum in ipairs(drums.FAMILIES) do
    drum_card(self, drum, EDGE - 8 + (index - 1) * (wide + gap), y + 8, wide)
  end
end

local STEPS = { "1/4", "1/8", "1/16", "1/32", "1/4T", "1/8T", "1/16T" }

local function step_menu(self, x, y)
  local choice = menu(self, table.concat(STEPS, "|"), x, y)
  if STEPS[choice] then self.model:set_grid({ step = STEPS[choice], quantize = true }) end
end

local function percent(value)
  return ("%.0f %%"):format(value * 100)
end

local SMALL_DIM = { colour = "dim", font = "small" }
local SMALL_RIGHT = { font = "small", align = "right" }

local function swing_slider(self, x, y, w)
  local grid, widgets = self.model.grid, self.widgets
  local auto = type(grid.swing) ~= "number"
  paint.text("Swing", x, y, 38, GRID, SMALL_DIM)
  if widgets:button("Auto", x + 42, y + 10, 46, 24, { on = auto, font = "small" }) then
    self.model:set_grid({ swing = "auto" })
  end
  local now = auto and 0 or (grid.swing - 0.5) * 4
  local value, chosen = widgets:slider("swing", now, x + 104, y + 10, w - 172, 24, { colour = auto and "raised" })
  local held = widgets.held == "swing"
  paint.text(auto and not held and "as played" or percent(0.5 + value / 4), x + w - 56, y, 56, GRID, SMALL_RIGHT)
  if chosen then self.model:set_grid({ swing = math.floor((0.5 + value / 4) * 1000 + 0.5) / 1000 }) end
end

local function strength_slider(self, x, y, w)
  paint.text("Strength", x, y, 54, GRID, SMALL_DIM)
  local now = self.model.grid.strength or 1
  local value, chosen = self.widgets:slider("strength", now, x + 66, y + 10, w - 118, 24)
  paint.text(percent(value), x + w - 44, y, 44, GRID, SMALL_RIGHT)
  if chosen then self.model:set_grid({ strength = math.floor(value * 100 + 0.5) / 100 }) end
end

local function grid_buttons(self, y)
  local grid, widgets = self.model.grid, self.widgets
  local on = grid.quantize == true
  if widgets:button("Quantize", EDGE - 8, y + 10, 84, 24, { icon = on and "ticked" or "box", font = "small" }) then
    self.model:set_grid({ quantize = not on })
  end
  if widgets:button(grid.step or "1/16", EDGE + 84, y + 10, 66, 24, { font = "small", menu = true }) then
    step_menu(self, EDGE + 84, y + 34)
  end
end

local function grid_panel(self, w, y)
  grid_buttons(self, y)
  local x = EDGE + 170
  local half = (w - EDGE + 8 - x - 20) / 2
  strength_slider(self, x, y, half)
  swing_slider(self, x + half + 20, y, half)
end

local HELP = "Arrows choose, Enter plays, a letter relabels (K S H O C R 1-4 ...), Delete removes, Ctrl+Z undoes"

local function footer(self, w, y)
  local model = self.model
  local text = model.message or model:busy() and "Working ..." or HELP
  paint.box(0, y, w, 1, "raised")
  paint.text(text, EDGE, y, w - 2 * EDGE, FOOT, { font = "small", colour = model.message and "warn" or "dim" })
end

--- One frame.
function View:draw()
  paint.begin()
  self.widgets:begin()
  local w, h = paint.size()
  paint.box(0, 0, w, h, "back")
  local low = h - FOOT - GRID - CARDS
  table_of_rows(self, w, h)
  drum_cards(self, w, low)
  grid_panel(self, w, low + CARDS)
  footer(self, w, h - FOOT)
  header(self, w)
  self.widgets:finish()
  gfx.update()
end

return View
