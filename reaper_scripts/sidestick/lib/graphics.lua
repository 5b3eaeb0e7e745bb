-- @noindex
-- Drawing on gfx in points: the same picture at every scaling of the screen.

local graphics = { scale = 1 }

graphics.COLOURS = {
  back = { 0.106, 0.114, 0.129 }, panel = { 0.145, 0.157, 0.176 }, raised = { 0.216, 0.231, 0.259 },
  hover = { 0.278, 0.298, 0.333 }, line = { 0.30, 0.32, 0.35 }, text = { 0.94, 0.95, 0.96 }, dim = { 0.60, 0.63, 0.67 },
  selected_button = { 0.247, 0.298, 0.349 }, grip = { 0.82, 0.84, 0.86 },
  accent = { 0.36, 0.66, 0.88 }, selected = { 0.165, 0.208, 0.251 }, warn = { 0.95, 0.66, 0.30 },
  kick = { 0.89, 0.44, 0.33 }, snare = { 0.93, 0.74, 0.35 }, toms = { 0.56, 0.76, 0.42 }, hihat = { 0.37, 0.73, 0.76 },
  cymbals = { 0.68, 0.55, 0.87 }, percussion = { 0.86, 0.52, 0.69 },
}

local FONTS = { small = { 1, 12 }, normal = { 2, 14 }, bold = { 3, 14, 98 }, title = { 4, 17, 98 } }
local FACE = "Arial"

--- Opens a window of w x h points where the user left it. Where REAPER counts in pixels a new one is made larger: it
-- came out nearer to w pixels than to w points.
function graphics.open_window(title, position)
  gfx.ext_retina = 1
  gfx.init(title, position.w, position.h, position.dock or 0, position.x, position.y)
  graphics.scale = 0
  graphics.begin_frame()
  local small = gfx.w < position.w * (1 + graphics.scale) / 2
  if position.is_new and small then gfx.init("", position.w * graphics.scale // 1, position.h * graphics.scale // 1) end
end

--- At the start of each frame. Fonts are made anew when the window has moved to a screen of another scaling.
function graphics.begin_frame()
  local scale = math.max(1, gfx.ext_retina or 1)
  if scale == graphics.scale then return end
  graphics.scale = scale
  for _, font in pairs(FONTS) do
    gfx.setfont(font[1], FACE, math.floor(font[2] * scale + 0.5), font[3] or 0)
  end
end

--- Size of the window in points.
function graphics.window_size()
  return gfx.w / graphics.scale, gfx.h / graphics.scale
end

function graphics.mouse_position()
  return gfx.mouse_x / graphics.scale, gfx.mouse_y / graphics.scale
end

-- Points in whole pixels.
local function px(value)
  return math.floor(value * graphics.scale + 0.5)
end

function graphics.set_colour(name, alpha)
  local red, green, blue = table.unpack(graphics.COLOURS[name])
  gfx.set(red, green, blue, alpha or 1)
end

function graphics.fill_rect(x, y, w, h, colour, alpha)
  graphics.set_colour(colour, alpha)
  gfx.rect(px(x), px(y), px(x + w) - px(x), px(y + h) - px(y), 1)
end

--- A box with round corners.
function graphics.fill_round_rect(x, y, w, h, radius, colour)
  local left, top, right, low = px(x), px(y), px(x + w), px(y + h)
  local r = math.floor(math.min(radius * graphics.scale, (right - left - 1) / 2, (low - top - 1) / 2))
  graphics.set_colour(colour)
  if r < 1 then return gfx.rect(left, top, math.max(0, right - left), math.max(0, low - top), 1) end
  gfx.rect(left + r, top, right - left - 2 * r, low - top, 1)
  gfx.rect(left, top + r, right - left, low - top - 2 * r, 1)
  for _, corner in ipairs({ left + r, right - 1 - r }) do
    gfx.circle(corner, top + r, r, 1, 1)
    gfx.circle(corner, low - 1 - r, r, 1, 1)
  end
end

function graphics.fill_circle(x, y, radius, colour)
  graphics.set_colour(colour)
  gfx.circle(px(x), px(y), radius * graphics.scale, 1, 1)
end

--- A triangle that points to the right.
function graphics.draw_play_icon(x, y, size, colour)
  graphics.set_colour(colour)
  gfx.triangle(px(x), px(y), px(x), px(y + size), px(x + size * 0.87), px(y + size / 2))
end

--- A triangle that points down: a menu opens here.
function graphics.draw_menu_arrow(x, y, size, colour)
  graphics.set_colour(colour)
  gfx.triangle(px(x), px(y), px(x + size), px(y), px(x + size / 2), px(y + size * 0.6))
end

local function truncate_text(text, width)
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
function graphics.draw_check_mark(x, y, size, colour)
  graphics.set_colour(colour)
  local pen = math.max(1, px(1.5))
  for step = 0, pen - 1 do
    gfx.line(px(x), px(y + size * 0.5) + step, px(x + size * 0.38), px(y + size * 0.85) + step)
    gfx.line(px(x + size * 0.38), px(y + size * 0.85) + step, px(x + size), px(y + size * 0.1) + step)
  end
end

--- Text in a box of w x h points, centred in height, cut with … if it is too long. `align`: left, centre or right.
function graphics.draw_text(text, x, y, w, h, style)
  style = style or {}
  gfx.setfont(FONTS[style.font or "normal"][1])
  graphics.set_colour(style.colour or "text")
  local shown = truncate_text(text, w * graphics.scale)
  local width, height = gfx.measurestr(shown)
  local spare = w * graphics.scale - width
  local share = ({ left = 0, centre = 0.5, right = 1 })[style.align or "left"]
  gfx.x, gfx.y = math.floor(x * graphics.scale + spare * share), math.floor((y + h / 2) * graphics.scale - height / 2)
  gfx.drawstr(shown)
end

return graphics
