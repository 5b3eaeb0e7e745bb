-- Drawing on gfx in points: the same picture at every scaling of the screen.

local paint = { scale = 1 }

paint.COLOURS = {
  back = { 0.106, 0.114, 0.129 }, panel = { 0.145, 0.157, 0.176 }, raised = { 0.216, 0.231, 0.259 },
  hover = { 0.278, 0.298, 0.333 }, line = { 0.30, 0.32, 0.35 }, text = { 0.94, 0.95, 0.96 }, dim = { 0.60, 0.63, 0.67 },
  lit = { 0.247, 0.298, 0.349 }, grip = { 0.82, 0.84, 0.86 },
  accent = { 0.36, 0.66, 0.88 }, marked = { 0.165, 0.208, 0.251 }, warn = { 0.95, 0.66, 0.30 },
  kick = { 0.89, 0.44, 0.33 }, snare = { 0.93, 0.74, 0.35 }, toms = { 0.56, 0.76, 0.42 }, hihat = { 0.37, 0.73, 0.76 },
  cymbals = { 0.68, 0.55, 0.87 }, percussion = { 0.86, 0.52, 0.69 },
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

--- A box with round corners.
function paint.round(x, y, w, h, radius, colour)
  local left, top, right, low = whole(x), whole(y), whole(x + w), whole(y + h)
  local r = math.floor(math.min(radius * paint.scale, (right - left - 1) / 2, (low - top - 1) / 2))
  paint.colour(colour)
  if r < 1 then return gfx.rect(left, top, math.max(0, right - left), math.max(0, low - top), 1) end
  gfx.rect(left + r, top, right - left - 2 * r, low - top, 1)
  gfx.rect(left, top + r, right - left, low - top - 2 * r, 1)
  for _, corner in ipairs({ left + r, right - 1 - r }) do
    gfx.circle(corner, top + r, r, 1, 1)
    gfx.circle(corner, low - 1 - r, r, 1, 1)
  end
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

--- A tick, `size` points wide.
function paint.tick(x, y, size, colour)
  paint.colour(colour)
  local pen = math.max(1, whole(1.5))
  for step = 0, pen - 1 do
    gfx.line(whole(x), whole(y + size * 0.5) + step, whole(x + size * 0.38), whole(y + size * 0.85) + step)
    gfx.line(whole(x + size * 0.38), whole(y + size * 0.85) + step, whole(x + size), whole(y + size * 0.1) + step)
  end
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
