-- A stand-in for REAPER's gfx: draws a frame as SVG, and plays mouse and keys from a list.

local gfx = { w = 0, h = 0, x = 0, y = 0, mouse_x = 0, mouse_y = 0, mouse_cap = 0, mouse_wheel = 0, ext_retina = 0 }

local stage = { scale = 1, frame = 0, shapes = {}, texts = {}, menus = {}, choices = {}, input = {}, keys = {} }
local fonts, font, ink = {}, 1, "rgb(255,255,255)"

local NARROW, WIDE = "[ijlt%.,:;'|I!%(%)]", "[mwMW%%@]"

local function shape(text, ...)
  stage.shapes[#stage.shapes + 1] = text:format(...)
end

local function letter_width(letter)
  if letter:find(NARROW) then return 0.28 end
  if letter:find(WIDE) then return 0.86 end
  return letter:find("%u") and 0.69 or 0.545
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
  ink = ("rgba(%.0f,%.0f,%.0f,%g)"):format(red * 255, green * 255, blue * 255, alpha or 1)
end

function gfx.setfont(index, face, size, flags)
  font = index
  if face then fonts[index] = { face = face, size = size, bold = flags == 98 } end
end

function gfx.measurestr(text)
  local width = 0
  for _, code in utf8.codes(text) do width = width + letter_width(utf8.char(code)) end
  return width * fonts[font].size * (fonts[font].bold and 1.06 or 1), fonts[font].size
end

local function escaped(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"))
end

function gfx.drawstr(text)
  local w, h = gfx.measurestr(text)
  stage.texts[#stage.texts + 1] = { text = text, x = gfx.x, y = gfx.y, w = w, h = h }
  if w == 0 then return end
  shape('<text x="%g" y="%g" font-family="Arial,Liberation Sans,sans-serif" font-size="%g" font-weight="%s" fill="%s" '
    .. 'textLength="%g" lengthAdjust="spacingAndGlyphs">%s</text>', gfx.x, gfx.y + 0.8 * h, h,
    fonts[font].bold and "bold" or "normal", ink, w, escaped(text))
end

function gfx.rect(x, y, w, h)
  shape('<rect x="%g" y="%g" width="%g" height="%g" fill="%s"/>', x, y, math.max(0, w), h, ink)
end

function gfx.circle(x, y, radius) shape('<circle cx="%g" cy="%g" r="%g" fill="%s"/>', x, y, radius, ink) end

function gfx.triangle(x1, y1, x2, y2, x3, y3)
  shape('<polygon points="%g,%g %g,%g %g,%g" fill="%s"/>', x1, y1, x2, y2, x3, y3, ink)
end

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

function gfx.update()
  stage.frame = stage.frame + 1
  stage.drawn = { shapes = stage.shapes, texts = stage.texts }
  stage.shapes, stage.texts = {}, {}
  while stage.input[1] and stage.frame >= stage.input[1].frame do play(table.remove(stage.input, 1)) end
end

function gfx.getchar()
  if not stage.open then return -1 end
  return table.remove(stage.keys, 1) or 0
end

--- The last frame as the text of an SVG file.
function stage.svg()
  local head = '<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g">'
  return head:format(gfx.w, gfx.h) .. table.concat(stage.drawn.shapes, "\n") .. "</svg>\n"
end

return { gfx = gfx, stage = stage }
