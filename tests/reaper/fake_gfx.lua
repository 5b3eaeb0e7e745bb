-- A stand-in for REAPER's gfx: keeps the shapes of a frame for draw.py, and plays mouse and keys from a list.

local json = require("json")

local gfx = { w = 0, h = 0, x = 0, y = 0, mouse_x = 0, mouse_y = 0, mouse_cap = 0, mouse_wheel = 0, ext_retina = 0 }

local stage = { scale = 1, frame = 0, shapes = {}, texts = {}, menus = {}, choices = {}, input = {}, keys = {},
  waited = 0 }
local fonts, font, ink = {}, 1, { 255, 255, 255, 255 }

-- Widths of Arial's letters from the space on, in thousandths of its size; all others are taken for a wide letter.
local WIDTHS = {
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
  556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
  260, 334, 584,
}
local OTHER, BOLD = 600, 1.07

local function shape(kind, ...)
  stage.shapes[#stage.shapes + 1] = json.list({ kind, ink, ... })
end

local function letter_width(code)
  return (WIDTHS[code - 31] or OTHER) / 1000
end

function gfx.init(name, w, h)
  stage.title = name ~= "" and name or stage.title
  stage.open = true
  gfx.w, gfx.h = (stage.w or w) * stage.scale, (stage.h or h) * stage.scale
  gfx.ext_retina = stage.scale
end

function gfx.quit() stage.open = false end
function gfx.dock() return 0, 300, 200, gfx.w // stage.scale, gfx.h // stage.scale end

function gfx.set(red, green, blue, alpha)
  ink = json.list({})
  for index, part in ipairs({ red, green, blue, alpha or 1 }) do ink[index] = math.floor(part * 255 + 0.5) end
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
  stage.texts[#stage.texts + 1] = { text = text, x = gfx.x, y = gfx.y, w = w, h = h }
  if w > 0 then shape("text", gfx.x, gfx.y, w, h, fonts[font].bold, text) end
end

function gfx.rect(x, y, w, h) shape("rect", x, y, math.max(0, w), math.max(0, h)) end
function gfx.circle(x, y, radius) shape("circle", x, y, radius) end
function gfx.line(x1, y1, x2, y2) shape("line", x1, y1, x2, y2) end
function gfx.triangle(x1, y1, x2, y2, x3, y3) shape("triangle", x1, y1, x2, y2, x3, y3) end

function gfx.showmenu(items)
  table.insert(stage.menus, items)
  return table.remove(stage.choices, 1) or 0
end

local function play(event)
  if event.key then table.insert(stage.keys, event.key) end
  if event.x then gfx.mouse_x, gfx.mouse_y = event.x * stage.scale, event.y * stage.scale end
  if event.down ~= nil then gfx.mouse_cap = event.down and 1 or 0 end
  if event.wheel then gfx.mouse_wheel = event.wheel end
end

-- The frame before the first event lasts until the text to wait for is there: a busy machine takes its time.
local function waiting()
  local wait = stage.wait
  if not wait or stage.frame < wait.frame or stage.waited > 1500 then return false end
  for _, text in ipairs(stage.drawn.texts) do
    if text.text:find(wait.text) then
      stage.wait = nil
      return false
    end
  end
  return true
end

function gfx.update()
  stage.drawn = { shapes = stage.shapes, texts = stage.texts }
  local held = waiting()
  stage.frame, stage.waited = stage.frame + (held and 0 or 1), stage.waited + (held and 1 or 0)
  stage.shapes, stage.texts = {}, {}
  while stage.input[1] and stage.frame >= stage.input[1].frame do play(table.remove(stage.input, 1)) end
end

function gfx.getchar()
  if not stage.open then return -1 end
  return table.remove(stage.keys, 1) or 0
end

--- The last frame: its size and its shapes, {kind, {red, green, blue, alpha}, numbers ...} from back to front.
function stage.picture()
  return { w = gfx.w, h = gfx.h, shapes = json.list(stage.drawn.shapes) }
end

return { gfx = gfx, stage = stage }
