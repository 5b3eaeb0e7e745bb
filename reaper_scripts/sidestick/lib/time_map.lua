-- @noindex
-- From seconds of a file to seconds of the project, as REAPER plays a take of it.
--
-- Take time counts from the item's start at play rate 1. A stretch marker says which second of the source plays at
-- which take time; between two markers the speed is constant, or changes evenly when the left one has a slope.
-- A map is plain values, so that it can be saved in the project: `position` and `length` of the item in the project,
-- `rate`, `start` (the second of the file at the item's start), `shift` and `span` (where its section of the file
-- starts, and how long that is), `loop`, `markers`. All in seconds.

local TimeMap = {}
TimeMap.__index = TimeMap

local function marker_at(take, index, shift)
  local _, at, source = reaper.GetTakeStretchMarker(take, index)
  return { at = at, source = source + shift, slope = reaper.GetTakeStretchMarkerSlope(take, index) }
end

local function markers_of(take, shift)
  local markers = {}
  for index = 0, reaper.GetTakeNumStretchMarkers(take) - 1 do
    markers[#markers + 1] = marker_at(take, index, shift)
  end
  table.sort(markers, function(a, b) return a.at < b.at end)
  return markers
end

local function span_of(take)
  local length, in_beats = reaper.GetMediaSourceLength(reaper.GetMediaItemTake_Source(take))
  return not in_beats and length > 0 and length or math.huge
end

--- The map of a take. `shift` is where its section starts in the file, in seconds.
function TimeMap.from_take(item, take, shift)
  local markers = markers_of(take, shift)
  return TimeMap.new({
    position = reaper.GetMediaItemInfo_Value(item, "D_POSITION"),
    length = reaper.GetMediaItemInfo_Value(item, "D_LENGTH"),
    rate = reaper.GetMediaItemTakeInfo_Value(take, "D_PLAYRATE"),
    start = reaper.GetMediaItemTakeInfo_Value(take, "D_STARTOFFS") + shift,
    shift = shift,
    span = math.min(span_of(take), 1e9),
    loop = #markers == 0 and reaper.GetMediaItemInfo_Value(item, "B_LOOPSRC") ~= 0,
    markers = markers,
  })
end

--- The map of saved values.
function TimeMap.new(values)
  values.markers = values.markers or {}
  return setmetatable(values, TimeMap)
end

-- With slope s the speed goes from 1-s to 1+s of its mean, so a fraction u of the time plays (1-s)u + su² of the
-- source; this is the u of a fraction f.
local function ease(slope, f)
  if math.abs(slope) < 1e-9 then return f end
  local straight = 1 - slope
  return (math.sqrt(straight * straight + 4 * slope * f) - straight) / (2 * slope)
end

local function interpolate(left, right, second)
  local fraction = (second - left.source) / (right.source - left.source)
  return left.at + ease(left.slope, fraction) * (right.at - left.at)
end

local function visit_marker_times(markers, second, visit)
  local first, last = markers[1], markers[#markers]
  if second < first.source then visit(first.at + second - first.source) end
  for index = 1, #markers - 1 do
    local left, right = markers[index], markers[index + 1]
    if right.source > left.source and second >= left.source and second < right.source then
      visit(interpolate(left, right, second))
    end
  end
  if second >= last.source then visit(last.at + second - last.source) end
end

-- Calls `visit` with each take time at which `second` of the file plays.
function TimeMap:_visit_take_times(second, visit)
  if second < self.shift or second >= self.shift + self.span then return end
  if #self.markers > 0 then return visit_marker_times(self.markers, second, visit) end
  local at = second - self.start
  if not self.loop then return visit(at) end
  at = at - math.floor(at / self.span) * self.span
  while at < self.length * self.rate do
    visit(at)
    at = at + self.span
  end
end

--- Where `second` of the file is heard in the project: no time, one, or several in a loop.
function TimeMap:times(second)
  local times = {}
  self:_visit_take_times(second, function(at)
    local after = at / self.rate
    if after >= -1e-9 and after < self.length then times[#times + 1] = self.position + math.max(0, after) end
  end)
  return times
end

--- How much faster the project runs than the file around `second`: what a note's length is divided by.
function TimeMap:speed(second)
  local here, later
  self:_visit_take_times(second, function(at) here = here or at end)
  self:_visit_take_times(second + 0.01, function(at) later = later or at end)
  local span = here and later and (later - here) / self.rate or 0
  return span > 0 and 0.01 / span or self.rate
end

--- The second of the file that is heard at project time `time`. With `straight` a loop does not jump back to its
-- start: before and after its first pass the file is counted on.
function TimeMap:second(time, straight)
  local at = (time - self.position) * self.rate
  local markers = self.markers
  if #markers == 0 then
    local plain = at + self.start - self.shift
    return (self.loop and not straight and plain % self.span or plain) + self.shift
  end
  for index = 1, #markers - 1 do
    local left, right = markers[index], markers[index + 1]
    if at >= left.at and at < right.at then
      local u = (at - left.at) / (right.at - left.at)
      local f = (1 - left.slope) * u + left.slope * u * u
      return left.source + f * (right.source - left.source)
    end
  end
  local edge = at < markers[1].at and markers[1] or markers[#markers]
  return edge.source + at - edge.at
end

--- The segments in which the file is played through: {position, length, start}, in seconds of the project, and the
-- second of the file at which each starts. Stretch markers are not looked at.
function TimeMap:segments()
  local segments, at, total = {}, 0.0, self.length * self.rate
  local source = self.loop and self.shift + (self.start - self.shift) % self.span or self.start
  repeat
    local length = math.min(total - at, self.shift + self.span - source)
    if length <= 1e-9 then break end
    segments[#segments + 1] = { position = self.position + at / self.rate, length = length / self.rate, start = source }
    at, source = at + length, self.shift
  until not self.loop or at >= total - 1e-9
  return segments
end

--- The plain values of the map, for json.
function TimeMap:values()
  local plain = {}
  for name, value in pairs(self) do plain[name] = value end
  return plain
end

return TimeMap
