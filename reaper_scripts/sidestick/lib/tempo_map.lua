-- @noindex
-- The project's tempo and meter in seconds of the file that an item plays: what sidestick takes as `tempo_map`.
--
-- Each beat of the project is followed through the item to the second of the file at which it falls. Between two
-- changes the tempo is constant, and every beat lies where the changes put it: position, start, play rate, stretch
-- markers and tempo ramps are all in them.

local json = require("json")
local project = require("project")

local tempo_map = {}

local BEAT_TOLERANCE = 0.00005  -- seconds that a beat may be off
local QUARTER_TOLERANCE = 1e-6  -- quarter notes
local MAX_BEATS = 40000  -- beats
local FINEST_UNIT = 32  -- the shortest beat that sidestick takes

-- A bar that a time signature marker cuts short is a bar of its own length, in the beats of its meter if they fit.
local function meter_of(start, stop)
  local time = reaper.TimeMap2_QNToTime(project.current, start + 0.001)
  local count, unit = reaper.TimeMap_GetTimeSigAtTime(project.current, time)
  for _, finer in ipairs({ unit, 4, 8, 16, 32 }) do
    local parts = (stop - start) * finer / 4
    local whole = math.floor(parts + 0.5)
    if finer <= FINEST_UNIT and whole >= 1 and math.abs(parts - whole) < QUARTER_TOLERANCE then return whole, finer end
  end
  return count, math.min(unit, FINEST_UNIT)
end

local function add_bar(beats, start, stop, second)
  local count, unit = meter_of(start, stop)
  local quarter = start
  while quarter < stop - QUARTER_TOLERANCE and #beats < MAX_BEATS do
    local time = second(quarter)
    local last = beats[#beats]
    if not last or time > last.second then
      beats[#beats + 1] = { quarter = quarter, second = time, count = count, unit = unit }
    end
    quarter = quarter + 4 / unit
  end
end

-- Every beat from the bar in which the item starts to the bar in which it ends, and the one after.
local function item_beats(map, shift, yield)
  local function second(quarter)
    return map:second(reaper.TimeMap2_QNToTime(project.current, quarter) - shift, true)
  end
  local last = reaper.TimeMap2_timeToQN(project.current, map.position + map.length + shift)
  local first = reaper.TimeMap2_timeToQN(project.current, map.position + shift)
  local _, start, stop = reaper.TimeMap_QNToMeasures(project.current, first)
  local beats = {}
  repeat
    yield()
    add_bar(beats, start, stop, second)
    local finished = start > last or #beats >= MAX_BEATS
    _, start, stop = reaper.TimeMap_QNToMeasures(project.current, stop + 0.001)
  until finished
  return beats
end

local function same_meter(a, b)
  return a.count == b.count and a.unit == b.unit
end

-- The last beat that one tempo from beat `first` on reaches, all between lying where they should.
local function last_reachable(beats, first)
  local from, best = beats[first], math.min(first + 1, #beats)
  local slowest, fastest = -math.huge, math.huge
  for index = first + 1, #beats do
    local beat = beats[index]
    local span = beat.quarter - from.quarter
    local exact = (beat.second - from.second) / span
    if exact < slowest or exact > fastest then break end
    best = index
    if not same_meter(beat, from) then break end
    local tolerance = BEAT_TOLERANCE / span
    slowest, fastest = math.max(slowest, exact - tolerance), math.min(fastest, exact + tolerance)
  end
  return best
end

local function round(value, digits)
  local scale = 10.0 ^ digits
  return math.floor(value * scale + 0.5) / scale
end

--- {second, quarter notes a minute, numerator, denominator} for sidestick, the first of them at the start of a bar.
-- `shift` is how far the MIDI item was moved from where its source plays.
function tempo_map.tempo_changes(map, shift, yield)
  local beats, changes = item_beats(map, shift, yield), json.list()
  local first = 1
  while first < #beats do
    yield()
    local last = last_reachable(beats, first)
    local from, to = beats[first], beats[last]
    local bpm = 60 * (to.quarter - from.quarter) / (to.second - from.second)
    changes[#changes + 1] = json.list({ round(from.second, 7), round(bpm, 6), from.count, from.unit })
    first = last
  end
  return changes
end

return tempo_map
