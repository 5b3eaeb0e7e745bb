-- @noindex
-- The review window: what sounds alike above, sliders for each drum and the grid below. Sizes are in points.

local clusters = require("clusters")
local drums = require("drums")
local graphics = require("graphics")
local Widgets = require("widgets")

local View = {}
View.__index = View

local MARGIN, HEADER, COLUMN_TITLES, ROW, CARDS, GRID, FOOTER = 16, 56, 24, 30, 132, 44, 28
local LOW_CONFIDENCE, NARROW = 0.5, 126
local ROUNDING = 0.001  -- rows: three turns of a third are one row

function View.new(model)
  return setmetatable({ model = model, widgets = Widgets.new(), scroll = 0 }, View)
end

local function show_menu(self, items, x, y)
  gfx.x, gfx.y = math.floor(x * graphics.scale), math.floor(y * graphics.scale)
  local choice = math.floor(gfx.showmenu(items))
  self.widgets.was_down = false
  return choice
end

local function count_text(number, word)
  return ("%d %s%s"):format(number, word, number == 1 and "" or "s")
end

local function draw_heading(model, w)
  graphics.draw_text(model.name, MARGIN, 9, w, 22, { font = "title" })
  local hits = 0
  for _, row in ipairs(model.rows) do hits = hits + row.count end
  local groups = count_text(#model.rows, "group") .. (#model.rows == 1 and " of one sound" or " that sound alike")
  local about = #model.rows > 0 and ("%s in %s"):format(count_text(hits, "hit"), groups) or ""
  graphics.draw_text(about, MARGIN, 30, w, 16, { font = "small", colour = "dim" })
end

local function draw_header(self, w)
  local model, widgets = self.model, self.widgets
  local x = w - MARGIN + 8
  local function button(label, width, act, icon)
    x = x - width
    if widgets:button(label, x, 14, width, 28, { icon = icon }) then act(model) end
    x = x - 6
  end
  button("Page", 58, model.open_page)
  x = x - 8
  button("Redo", 58, model.redo)
  button("Undo", 58, model.undo)
  x = x - 8
  button("Stop", 66, model.stop, "stop")
  button("Play", 66, model.push, "play")
  draw_heading(model, x - MARGIN - 8)
  graphics.fill_rect(0, HEADER, w, 1, "raised")
end

-- Left edges of the columns and the right end of the last one.
local function columns(w)
  local stop = w - MARGIN
  local sure = stop - 92
  local velocity = sure - 106
  local label = MARGIN + 34
  local lane = label + math.max(150, (velocity - label) * 0.36) + 60
  return { label = label, hits = lane - 14, lane = lane, velocity = velocity, sure = sure, stop = stop }
end

local function draw_column_titles(w)
  local x_of = columns(w)
  local style = { font = "small", colour = "dim" }
  local right = { font = "small", colour = "dim", align = "right" }
  graphics.draw_text("Sound", x_of.label + 10, HEADER, 100, COLUMN_TITLES, style)
  graphics.draw_text("Hits", x_of.hits - 40, HEADER, 40, COLUMN_TITLES, right)
  graphics.draw_text("In the song", x_of.lane, HEADER, x_of.velocity - x_of.lane - 16, COLUMN_TITLES, style)
  graphics.draw_text("Velocity", x_of.velocity, HEADER, 94, COLUMN_TITLES, style)
  graphics.draw_text("How sure", x_of.sure, HEADER, 92, COLUMN_TITLES, style)
end

local function draw_label_button(self, index, row, x, y, w)
  local name = drums.name(row.label) .. (row.cluster < 0 and " (single)" or "")
  local style = { menu = true, selected = index == self.model.selected }
  if not self.widgets:button(name, x, y + 3, w, ROW - 6, style) then return end
  self.model:select(index)
  local choice = show_menu(self, drums.menu(row.label), x, y + ROW)
  if drums.LIST[choice] then self.model:relabel(drums.LIST[choice].label) end
end

local function draw_play_button(self, index, row, y)
  local hovered = self.widgets:is_hovered(MARGIN, y, 28, ROW)
  local plain = index == self.model.selected and "selected_button" or "raised"
  graphics.fill_circle(MARGIN + 12, y + ROW / 2, 10, hovered and "hover" or plain)
  graphics.draw_play_icon(MARGIN + 9, y + ROW / 2 - 5, 10, row.drum)
  if hovered and self.widgets.pressed then
    self.model:select(index)
    self.model:audition()
  end
end

local function draw_lane(model, row, x, y, w)
  graphics.fill_round_rect(x, y + 6, w, ROW - 12, 3, "panel")
  local peaks = clusters.peak_velocities(row, model.duration, w // 2)
  local low, height = y + ROW - 8, ROW - 16
  for index, loudness in pairs(peaks) do
    local bar_height = math.max(3, height * loudness / 127)
    graphics.fill_rect(x + 2 * (index - 1), low - bar_height, 1, bar_height, row.drum)
  end
end

local function draw_figures(row, x_of, y)
  local right = { align = "right" }
  graphics.draw_text(tostring(row.count), x_of.hits - 50, y, 50, ROW, right)
  graphics.draw_text(("%.0f"):format(row.velocity), x_of.velocity, y, 26, ROW, right)
  Widgets.draw_meter(row.velocity / 127, x_of.velocity + 34, y + ROW / 2 - 2, 56, 4, row.drum)
  local is_unsure = row.confidence < LOW_CONFIDENCE
  local style = { align = "right", colour = is_unsure and "warn" or "text" }
  graphics.draw_text(("%.0f %%"):format(row.confidence * 100), x_of.sure, y, 40, ROW, style)
  Widgets.draw_meter(row.confidence, x_of.sure + 48, y + ROW / 2 - 2, 44, 4, is_unsure and "warn" or "accent")
end

local function draw_row(self, index, row, y, w)
  local x_of = columns(w)
  if index == self.model.selected then
    graphics.fill_round_rect(MARGIN - 8, y, w - 2 * MARGIN + 16, ROW, 5, "selected")
    graphics.fill_round_rect(MARGIN - 8, y + 5, 3, ROW - 10, 1, row.drum)
  end
  draw_play_button(self, index, row, y)
  draw_label_button(self, index, row, x_of.label, y, x_of.hits - x_of.label - 46)
  draw_lane(self.model, row, x_of.lane, y, x_of.velocity - x_of.lane - 16)
  draw_figures(row, x_of, y)
  if self.widgets:is_pressed_in(MARGIN, y, w - 2 * MARGIN, ROW) then self.model:select(index) end
end

local function visible_rows(h)
  return math.max(1, (h - HEADER - COLUMN_TITLES - CARDS - GRID - FOOTER) // ROW)
end

-- Keeps the selected row in sight, and never scrolls past the ends.
local function update_scroll(self, count)
  local model = self.model
  if self.last_selected ~= model.selected then
    self.scroll = math.max(model.selected - count, math.min(self.scroll, model.selected - 1))
    self.last_selected = model.selected
  end
  self.scroll = math.max(0, math.min(self.scroll - self.widgets.wheel_steps, #model.rows - count))
end

local function draw_scroll_bar(self, w, count)
  local all, height = #self.model.rows, count * ROW
  if all <= count then return end
  local y = HEADER + COLUMN_TITLES + height * self.scroll / all
  graphics.fill_round_rect(w - 6, y, 4, height * count / all, 2, "line")
end

local function draw_table(self, w, h)
  draw_column_titles(w)
  local count = visible_rows(h)
  update_scroll(self, count)
  for line = 1, count do
    local index = line + math.floor(self.scroll + ROUNDING)
    local row = self.model.rows[index]
    if row then draw_row(self, index, row, HEADER + COLUMN_TITLES + (line - 1) * ROW, w) end
  end
  draw_scroll_bar(self, w, count)
end

local function draw_caption(left, right, x, y, w)
  graphics.draw_text(left, x, y, w * 0.55, 16, { font = "small", colour = "dim" })
  graphics.draw_text(right, x + w * 0.45, y, w * 0.55, 16, { font = "small", align = "right" })
end

local function sensitivity_text(value)
  local change = math.floor((value - 0.5) * 200 + 0.5)
  return change == 0 and "as heard" or ("%+d %%"):format(change)
end

local function draw_hits_slider(self, drum, x, y, w)
  local now = self.model:sensitivity_of(drum)
  local style = { colour = drum, notch = 0.5 }
  local value, released = self.widgets:slider("hits " .. drum, now, x + 7, y + 16, w - 14, 18, style)
  draw_caption("Hits", sensitivity_text(value), x, y, w)
  if released then self.model:set_sensitivity(drum, value) end
end

local function draw_velocity_slider(self, drum, x, y, w)
  local mean = self.model.velocity and self.model.velocity[drum]
  local style = { colour = drum, disabled = not mean }
  local value, released = self.widgets:slider("velocity " .. drum, (mean or 0) / 127, x + 7, y + 16, w - 14, 18, style)
  draw_caption("Velocity", mean and ("%.0f"):format(math.max(1, value * 127)) or "", x, y, w)
  if released then self.model:set_velocity(drum, math.max(1, value * 127)) end
end

local function draw_drum_card(self, drum, x, y, w)
  local count = self.model.count and self.model.count[drum] or 0
  graphics.fill_round_rect(x, y, w, CARDS - 16, 6, "panel")
  graphics.fill_circle(x + 15, y + 17, 4, drum)
  local count_width = w >= NARROW and 48 or 10
  graphics.draw_text(drums.family_name(drum), x + 26, y + 6, w - 26 - count_width, 22, { font = "bold" })
  if w >= NARROW then
    graphics.draw_text(tostring(count), x + w - 48, y + 6, 38, 22, { colour = "dim", align = "right", font = "small" })
  end
  draw_hits_slider(self, drum, x + 10, y + 32, w - 20)
  draw_velocity_slider(self, drum, x + 10, y + 72, w - 20)
end

local function draw_drum_cards(self, w, y)
  local gap = 8
  local card_width = (w - 2 * MARGIN + 16 - gap * (#drums.FAMILIES - 1)) / #drums.FAMILIES
  for index, drum in ipairs(drums.FAMILIES) do
    draw_drum_card(self, drum, MARGIN - 8 + (index - 1) * (card_width + gap), y + 8, card_width)
  end
end

local STEPS = { "1/4", "1/8", "1/16", "1/32", "1/4T", "1/8T", "1/16T" }

local function show_step_menu(self, x, y)
  local choice = show_menu(self, table.concat(STEPS, "|"), x, y)
  if STEPS[choice] then self.model:set_grid({ step = STEPS[choice], quantize = true }) end
end

local function percent_text(value)
  return ("%.0f %%"):format(value * 100)
end

local SMALL_DIM = { colour = "dim", font = "small" }
local SMALL_RIGHT = { font = "small", align = "right" }

local function draw_swing_slider(self, x, y, w)
  local grid, widgets = self.model.grid, self.widgets
  local auto = type(grid.swing) ~= "number"
  graphics.draw_text("Swing", x, y, 38, GRID, SMALL_DIM)
  if widgets:button("Auto", x + 42, y + 10, 46, 24, { on = auto, font = "small" }) then
    self.model:set_grid({ swing = "auto" })
  end
  local now = auto and 0 or (grid.swing - 0.5) * 4
  local value, released = widgets:slider("swing", now, x + 104, y + 10, w - 172, 24, { colour = auto and "raised" })
  local dragged = widgets.active == "swing"
  local text = auto and not dragged and "as played" or percent_text(0.5 + value / 4)
  graphics.draw_text(text, x + w - 56, y, 56, GRID, SMALL_RIGHT)
  if released then self.model:set_grid({ swing = math.floor((0.5 + value / 4) * 1000 + 0.5) / 1000 }) end
end

local function draw_strength_slider(self, x, y, w)
  graphics.draw_text("Strength", x, y, 54, GRID, SMALL_DIM)
  local now = self.model.grid.strength or 1
  local value, released = self.widgets:slider("strength", now, x + 66, y + 10, w - 118, 24)
  graphics.draw_text(percent_text(value), x + w - 44, y, 44, GRID, SMALL_RIGHT)
  if released then self.model:set_grid({ strength = math.floor(value * 100 + 0.5) / 100 }) end
end

local function draw_grid_buttons(self, y)
  local grid, widgets = self.model.grid, self.widgets
  local on = grid.quantize == true
  if widgets:button("Quantize", MARGIN - 8, y + 10, 84, 24, { icon = on and "ticked" or "box", font = "small" }) then
    self.model:set_grid({ quantize = not on })
  end
  if widgets:button(grid.step or "1/16", MARGIN + 84, y + 10, 66, 24, { font = "small", menu = true }) then
    show_step_menu(self, MARGIN + 84, y + 34)
  end
end

local function draw_grid_panel(self, w, y)
  draw_grid_buttons(self, y)
  local x = MARGIN + 170
  local half = (w - MARGIN + 8 - x - 20) / 2
  draw_strength_slider(self, x, y, half)
  draw_swing_slider(self, x + half + 20, y, half)
end

local HELP = "Arrows choose, Enter plays, a letter relabels (K S H O C R 1-4 ...), Delete removes, Ctrl+Z undoes"

local function draw_footer(self, w, y)
  local model = self.model
  local text = model.message or model:is_busy() and "Working ..." or HELP
  graphics.fill_rect(0, y, w, 1, "raised")
  local style = { font = "small", colour = model.message and "warn" or "dim" }
  graphics.draw_text(text, MARGIN, y, w - 2 * MARGIN, FOOTER, style)
end

--- One frame.
function View:draw()
  graphics.begin_frame()
  self.widgets:begin_frame()
  local w, h = graphics.window_size()
  graphics.fill_rect(0, 0, w, h, "back")
  local low = h - FOOTER - GRID - CARDS
  draw_table(self, w, h)
  draw_drum_cards(self, w, low)
  draw_grid_panel(self, w, low + CARDS)
  draw_footer(self, w, h - FOOTER)
  draw_header(self, w)
  self.widgets:end_frame()
  gfx.update()
end

return View
