-- @noindex
-- REAPER's own grid: the lines that the project shows, bar by bar, with its swing.

local project = require("project")

local grid = {}

--- The project's grid: {step, swing}; step in quarter notes, swing as the part of half a step that every
-- second line comes later.
function grid.project_lines()
  local _, division, mode, amount = reaper.GetSetProjectGrid(project.current, false)
  return { step = division * 4, swing = mode == 1 and amount or 0.0 }
end

local function line_position(lines, index)
  local delay = index % 2 == 1 and lines.swing * lines.step / 2 or 0
  return index * lines.step + delay
end

local function nearest_line(lines, quarter)
  local _, start, stop = reaper.TimeMap_QNToMeasures(project.current, quarter)
  local inside = quarter - start
  local middle, best = math.floor(inside / lines.step), nil
  for index = middle - 1, middle + 2 do
    local position = line_position(lines, index)
    if not best or math.abs(position - inside) < math.abs(best - inside) then best = position end
  end
  return math.min(start + math.max(0, best), stop)
end

local MAX_DISTANCE = 0.15  -- of a step

--- Notes that sidestick has quantized to REAPER's lines are put on them to the tick; sidestick knows the lines by the
-- file, in whole ticks of its own. Notes elsewhere were left there. Lengths stay.
function grid.snap_notes(notes, lines, yield)
  for _, note in ipairs(notes) do
    yield()
    local position = nearest_line(lines, note.first)
    if math.abs(position - note.first) < MAX_DISTANCE * lines.step then
      note.last, note.first = note.last + position - note.first, position
    end
  end
end

local STEPS = { { 1, "1/4" }, { 0.5, "1/8" }, { 0.25, "1/16" }, { 0.125, "1/32" }, { 2 / 3, "1/4T" },
  { 1 / 3, "1/8T" }, { 1 / 6, "1/16T" } }

local function step_name(step)
  for _, pair in ipairs(STEPS) do
    if math.abs(pair[1] - step) < 1e-6 then return pair[2] end
  end
end

--- The lines as sidestick's grid options, {step, swing}, or nil and a sentence.
function grid.grid_options(lines)
  local step = step_name(lines.step)
  if not step then
    return nil, "sidestick does not know the project's grid. Set it to 1/4, 1/8, 1/16 or 1/32, straight or as triplets."
  end
  if lines.swing < 0 then return nil, "sidestick cannot swing early. Set the grid's swing to 0 % or more." end
  return { step = step, swing = 0.5 + math.min(lines.swing, 1) / 4 }
end

return grid
