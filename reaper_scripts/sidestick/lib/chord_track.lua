-- @noindex
-- The chords that sidestick heard, as a lane of empty items with their names, below the source.

local insertion = require("insertion")
local project = require("project")

local chord_track = {}

local NO_CHORD = "N"

-- Only what this lane was filled with goes: items without a take.
local function clear(track)
  local old = {}
  for item in project.items() do
    if reaper.GetMediaItemTrack(item) == track and not reaper.GetActiveTake(item) then old[#old + 1] = item end
  end
  for _, item in ipairs(old) do reaper.DeleteTrackMediaItem(track, item) end
end

local function add_item(track, name, from, to)
  local item = reaper.AddMediaItemToTrack(track)
  reaper.SetMediaItemInfo_Value(item, "D_POSITION", from)
  reaper.SetMediaItemInfo_Value(item, "D_LENGTH", to - from)
  reaper.GetSetMediaItemInfo_String(item, "P_NOTES", name, true)
end

--- Writes the chords that are heard while the item plays; `harmony` is the manifest's, and may be missing.
function chord_track.write(record, harmony)
  if type(harmony) ~= "table" or not harmony.chords then return end
  local map, track = record.map, nil
  for _, chord in ipairs(harmony.chords) do
    local from = chord.name ~= NO_CHORD and map:times(chord.onset)[1]
    if from then
      if not track then
        track = insertion.track_for(record, "chords")
        clear(track)
      end
      local to = from + chord.duration / map:speed(chord.onset)
      add_item(track, chord.name, from, math.min(to, map.position + map.length))
    end
  end
end

return chord_track
