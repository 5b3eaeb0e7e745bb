-- REAPER's tempo map for the fake: markers {time, bpm, linear, numerator, denominator}, the first one at time 0.

local tempo = {}

local function beats_within(marker, after, seconds)
  if not (marker.linear and after) then return seconds * marker.bpm / 60 end
  local ramp = (after.bpm - marker.bpm) / (after.time - marker.time)
  return (marker.bpm * seconds + ramp * seconds * seconds / 2) / 60
end

function tempo.new(markers)
  local quarter = 0
  for index, marker in ipairs(markers) do
    marker.qn = quarter
    local after = markers[index + 1]
    if after then quarter = quarter + beats_within(marker, after, after.time - marker.time) end
  end
  return setmetatable({ markers = markers }, { __index = tempo })
end

--- The map once `change` has changed a list of its markers.
function tempo:changed(change)
  local markers = {}
  for index, marker in ipairs(self.markers) do
    local copy = {}
    for name, value in pairs(marker) do copy[name] = value end
    markers[index] = copy
  end
  change(markers)
  markers[1].is_base = true  -- the tempo of the project's settings: no marker, and before all that stand at time 0
  table.sort(markers, function(a, b)
    if a.time ~= b.time then return a.time < b.time end
    return a.is_base and not b.is_base or false
  end)
  return tempo.new(markers)
end

function tempo:copy()
  return self:changed(function() end)
end

function tempo:_marker_at(field, value)
  local found = 1
  for index, marker in ipairs(self.markers) do
    if marker[field] <= value then found = index end
  end
  return self.markers[found], self.markers[found + 1]
end

function tempo:quarter(time)
  local marker, after = self:_marker_at("time", time)
  return marker.qn + beats_within(marker, after, time - marker.time)
end

function tempo:time(quarter)
  local marker, after = self:_marker_at("qn", quarter)
  local low, high = 0, after and after.time - marker.time or (quarter - marker.qn) * 60 / marker.bpm + 1
  if quarter < marker.qn then return marker.time + (quarter - marker.qn) * 60 / marker.bpm end
  for _ = 1, 80 do
    local middle = (low + high) / 2
    if marker.qn + beats_within(marker, after, middle) < quarter then low = middle else high = middle end
  end
  return marker.time + (low + high) / 2
end

-- The marker whose time signature holds at a quarter note, and the quarter note of the next such marker.
function tempo:_signature_marker(quarter)
  local found, after = self.markers[1], math.huge
  for _, marker in ipairs(self.markers) do
    if marker.numerator and marker.qn <= quarter + 1e-9 then found = marker end
    if marker.numerator and marker.qn > quarter + 1e-9 then after = math.min(after, marker.qn) end
  end
  return found, after
end

--- A marker with a time signature starts a bar, and cuts the one before short.
function tempo:measure(quarter)
  local marker, after = self:_signature_marker(quarter)
  local start, length = marker.qn, (marker.numerator or 4) * 4 / (marker.denominator or 4)
  local number = math.floor((quarter - start) / length + 1e-9)
  return number, start + number * length, math.min(after, start + (number + 1) * length)
end

function tempo:signature(time)
  local marker = self:_signature_marker(self:quarter(time))
  local here = self:_marker_at("time", time)
  return marker.numerator or 4, marker.denominator or 4, here.bpm + 0.0
end

return tempo
