-- A stand-in for REAPER's gfx: keeps the shapes of a frame for draw.py, and plays mouse and keys from a list.

local json = require("json")

local gfx = { w = 0, h = 0, x = 0, y = 0, mouse_x = 0, mouse_y = 0, mouse_cap = 0, mouse_wheel = 0, ext_retina = 0 }

local screen = { scale = 1, frame = 0, shapes = {}, texts = {}, menus = {}, choices = {}, input = {}, keys = {},
  waited = 0, windows = 0 }
local fonts, font, colour = {}, 1, { 255, 255, 255, 255 }

-- Widths of Arial's letters from the space on, in thousandths of its size; all others are taken for a wide letter.
local WIDTHS = {
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
  556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
  260, 334, 584,
}
local OTHER, BOLD = 600, 1.07

local function add_shape(kind, ...)
  screen.shapes[#screen.shapes + 1] = json.list({ kind, colour, ... })
end

local function letter_width(code)
  return (WIDTHS[code - 31] or OTHER) / 1000
end

function gfx.init(name, w, h)
  screen.title = name ~= "" and name or screen.title
  screen.windows = screen.windows + (screen.open and 0 or 1)
  screen.open = true
  local unit = screen.counts_pixels and 1 or screen.scale
  gfx.w, gfx.h = (screen.w or w) * unit, (screen.h or h) * unit
  gfx.ext_retina = screen.scale
end

function gfx.quit() screen.open = false end
function gfx.dock() return 0, 300, 200, gfx.w // screen.scale, gfx.h // screen.scale end

function gfx.set(red, green, blue, alpha)
  colour = json.list({})
  for index, part in ipairs({ red, green, blue, alpha or 1 }) do colour[index] = math.floor(part * 255 + 0.5) end
end

function gfx.setfont(index, face, size, flags)
  font = index
  if face then fonts[index] = { face = face, size = size, bold = flags == 98 } end
end

function gfx.measurestr(text)
  local width = 0
  for _, code in utf8.codes(text) do width = width + letter_width(code) end
  return width * fonts[font].size * (fonts[font].bold and BOLD or 1), fonts[font].size
end

function gfx.drawstr(text)
  local w, h = gfx.measurestr(text)
  screen.texts[#screen.texts + 1] = { text = text, x = gfx.x, y = gfx.y, w = w, h = h }
  if w > 0 then add_shape("text", gfx.x, gfx.y, w, h, fonts[font].bold, text) end
end

function gfx.rect(x, y, w, h) add_shape("rect", x, y, math.max(0, w), math.max(0, h)) end
function gfx.circle(x, y, radius) add_shape("circle", x, y, radius) end
function gfx.line(x1, y1, x2, y2) add_shape("line", x1, y1, x2, y2) end
function gfx.triangle(x1, y1, x2, y2, x3, y3) add_shape("triangle", x1, y1, x2, y2, x3, y3) end

function gfx.showmenu(items)
  assert(screen.open or not screen.needs_window, "before REAPER 6.82 a menu needs a window")
  table.insert(screen.menus, items)
  return table.remove(screen.choices, 1) or 0
end

local function apply_event(event)
  if event.key then table.insert(screen.keys, event.key) end
  if event.x then gfx.mouse_x, gfx.mouse_y = event.x * screen.scale, event.y * screen.scale end
  if event.down ~= nil then gfx.mouse_cap = event.down and 1 or 0 end
  if event.cap then gfx.mouse_cap = event.cap end
  if event.wheel then gfx.mouse_wheel = event.wheel end
end

-- The frame before the first event lasts until the text to wait for is there: a busy machine takes its time.
local function is_waiting()
  local wait = screen.wait
  if not wait or screen.frame < wait.frame or screen.waited > 1500 then return false end
  for _, text in ipairs(screen.drawn.texts) do
    if text.text:find(wait.text) then
      screen.wait = nil
      return false
    end
  end
  return true
end

function gfx.update()
  screen.drawn = { shapes = screen.shapes, texts = screen.texts }
  local waits = is_waiting()
  screen.frame, screen.waited = screen.frame + (waits and 0 or 1), screen.waited + (waits and 1 or 0)
  screen.shapes, screen.texts = {}, {}
  while screen.input[1] and screen.frame >= screen.input[1].frame do apply_event(table.remove(screen.input, 1)) end
end

function gfx.getchar()
  if not screen.open then return -1 end
  return table.remove(screen.keys, 1) or 0
end

--- The last frame: its size and its shapes, {kind, {red, green, blue, alpha}, numbers ...} from back to front.
function screen.picture()
  return { w = gfx.w, h = gfx.h, shapes = json.list(screen.drawn.shapes) }
end

return { gfx = gfx, screen = screen }
