-- Drawing on gfx in points: the same picture at every scaling of the screen.

local paint = { scale = 1 }

paint.COLOURS = {
  back = { 0.137, 0.145, 0.161 }, panel = { 0.173, 0.184, 0.204 }, raised = { 0.235, 0.251, 0.278 },
  hover = { 0.278, 0.298, 0.329 }, line = { 0.29, 0.31, 0.34 }, text = { 0.91, 0.92, 0.93 }, dim = { 0.62, 0.65, 0.69 },
  accent = { 0.36, 0.66, 0.86 }, marked = { 0.18, 0.27, 0.35 }, warn = { 0.93, 0.65, 0.32 },
  kick = { 0.84, 0.42, 0.31 }, snare = { 0.90, 0.71, 0.33 }, toms = { 0.55, 0.72, 0.41 }, hihat = { 0.37, 0.68, 0.72 },
  cymbals = { 0.64, 0.52, 0.80 }, percussion = { 0.62, 0.62, 0.62 },
}

local FONTS = { small = { 1, 12 }, normal = { 2, 14 }, bold = { 3, 14, 98 }, title = { 4, 17, 98 } }
local FACE = "Arial"

--- Opens a window of w x h points where the user left it. Where REAPER counts in pixels a new one is made larger.
function paint.open(title, place)
  gfx.ext_retina = 1
  gfx.init(title, place.w, place.h, place.dock or 0, place.x, place.y)
  paint.scale = 0
  paint.begin()
  local small = gfx.w < place.w * paint.scale * 0.75
  if place.fresh and small then gfx.init("", place.w * paint.scale // 1, place.h * paint.scale // 1) end
end

--- At the start of each frame. Fonts are made anew when the window has moved to a screen of another scaling.
function paint.begin()
  local scale = math.max(1, gfx.ext_retina or 1)
  if scale == paint.scale then return end
  paint.scale = scale
  for _, font in pairs(FONTS) do
    gfx.setfont(font[1], FACE, math.floor(font[2] * scale + 0.5), font[3] or 0)
  end
end

--- Size of the window in points.
function paint.size()
  return gfx.w / paint.scale, gfx.h / paint.scale
end

function paint.mouse()
  return gfx.mouse_x / paint.scale, gfx.mouse_y / paint.scale
end

local function whole(value)
  return math.floor(value * paint.scale + 0.5)
end

function paint.colour(name, alpha)
  local red, green, blue = table.unpack(paint.COLOURS[name])
  gfx.set(red, green, blue, alpha or 1)
end

function paint.box(x, y, w, h, colour, alpha)
  paint.colour(colour, alpha)
  gfx.rect(whole(x), whole(y), whole(x + w) - whole(x), whole(y + h) - whole(y), 1)
end

function paint.dot(x, y, radius, colour)
  paint.colour(colour)
  gfx.circle(whole(x), whole(y), radius * paint.scale, 1, 1)
end

--- A triangle that points to the right.
function paint.play(x, y, size, colour)
  paint.colour(colour)
  gfx.triangle(whole(x), whole(y), whole(x), whole(y + size), whole(x + size * 0.87), whole(y + size / 2))
end

--- A triangle that points down: a menu opens here.
function paint.opens(x, y, size, colour)
  paint.colour(colour)
  gfx.triangle(whole(x), whole(y), whole(x + size), whole(y), whole(x + size / 2), whole(y + size * 0.6))
end

local function fitted(text, width)
  if gfx.measurestr(text) <= width then return text end
  local stop = utf8.len(text) or #text
  while stop > 1 do
    stop = stop - 1
    local byte = utf8.len(text) and utf8.offset(text, stop + 1) or stop + 1
    local short = text:sub(1, byte - 1) .. "…"
    if gfx.measurestr(short) <= width then return short end
  end
  return ""
end

--- Text in a box of w x h points, centred in height, cut with … if it is too long. `align`: left, centre or right.
function paint.text(text, x, y, w, h, style)
  style = style or {}
  gfx.setfont(FONTS[style.font or "normal"][1])
  paint.colour(style.colour or "text")
  local shown = fitted(text, w * paint.scale)
  local width, height = gfx.measurestr(shown)
  local spare = w * paint.scale - width
  local part = ({ left = 0, centre = 0.5, right = 1 })[style.align or "left"]
  gfx.x, gfx.y = math.floor(x * paint.scale + spare * part), math.floor((y + h / 2) * paint.scale - height / 2)
  gfx.drawstr(shown)
end

return paint
