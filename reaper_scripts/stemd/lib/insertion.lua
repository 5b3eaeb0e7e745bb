-- Notes into the project: a track below the source, one MIDI item for each source item, always in the same place.

local drums = require("drums")
local grid = require("grid")
local json = require("json")
local kept = require("kept")
local notes = require("notes")
local slices = require("slices")
local TimeMap = require("timemap")
local undo = require("undo")

local insertion = {}

local function title_of(part)
  return part:sub(1, 1):upper() .. part:sub(2)
end


local function track_key(track, part)
  return reaper.GetTrackGUID(track) .. " " .. part
end

local ALL_CHANNELS = -1

local function find_track(source, part)
  local wanted = track_key(source, part)
  for index = 0, reaper.CountTracks(0) - 1 do
    local track = reaper.GetTrack(0, index)
    local _, key = reaper.GetSetMediaTrackInfo_String(track, "P_EXT:stemd_track", "", false)
    if key == wanted then return track end
  end
end

local function name_rows(track)
  for _, drum in ipairs(drums.LIST) do
    reaper.SetTrackMIDINoteNameEx(0, track, drum.pitch, ALL_CHANNELS, drum.name)
  end
end

local function new_track(source, part)
  local index = math.floor(reaper.GetMediaTrackInfo_Value(source, "IP_TRACKNUMBER"))
  reaper.InsertTrackAtIndex(index, true)
  local track = reaper.GetTrack(0, index)
  local _, name = reaper.GetSetMediaTrackInfo_String(source, "P_NAME", "", false)
  local title = (name ~= "" and name .. " " or "") .. title_of(part)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", title, true)
  reaper.GetSetMediaTrackInfo_String(track, "P_EXT:stemd_track", track_key(source, part), true)
  return track
end

local function new_item(record, result)
  local track = find_track(record.track, result.part) or new_track(record.track, result.part)
  if result.part == "drums" then name_rows(track) end
  local from = record.map.position
  local item = reaper.CreateNewMIDIItemInProj(track, from, from + record.map.length, false)
  local take = reaper.GetActiveTake(item)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", record.name .. " " .. result.part, true)
  return item
end

-- The audio item is still played as it was when its notes were put there.
local function same_map(made, record)
  return json.encode(made.map) == json.encode(record.map:values())
end

-- How far the user has moved the item since its notes were put there; cutting its edges moves nothing.
local function moved(item, made)
  if not made then return 0.0 end
  return reaper.MIDI_GetProjTimeFromPPQPos(reaper.GetActiveTake(item), 0) - made.origin
end

-- The lines of REAPER's grid that the notes lie on (see grid.lua), or json.null: where the daemon puts them.
local function lines_for(result, made)
  if result.grid ~= nil then return result.grid end
  return made and made.grid or json.null
end

local function keep(item, record, result, before)
  local origin = reaper.MIDI_GetProjTimeFromPPQPos(reaper.GetActiveTake(item), 0)
  kept.set_made(item, {
    job = result.job, part = result.part, source = record.guid, manifest = result.manifest or json.null,
    map = record.map:values(), origin = before and before.origin or origin,
    grid = lines_for(result, before),
  })
end

local function write(record, result, events, item)
  local before = item and kept.made(item)
  item = item or new_item(record, result)
  local take = reaper.GetActiveTake(item)
  notes.write(take, events, notes.closing(take))
  keep(item, record, result, before)
  return item
end

--- Inserts or replaces one part of one source item. `result` has job, part, notes, manifest and, if
-- that is to change, the grid that the notes lie on.
-- The slow part is done in slices; what changes the project is one undo step.
function insertion.insert(record, result, title)
  local there = kept.find(record.guid, result.part)
  local fits = there and same_map(kept.made(there), record)
  local made = fits and kept.made(there)
  local placed = notes.placed(result.notes, record.map, slices.breathe)
  local counted = notes.counted(placed, made and moved(there, made) or 0.0, slices.breathe)
  local lines = lines_for(result, made)
  if lines ~= json.null then grid.snap(counted, lines, slices.breathe) end
  local events = notes.events(counted, slices.breathe)
  return undo.block(title, function()
    if there and not fits then reaper.DeleteTrackMediaItem(reaper.GetMediaItemTrack(there), there) end
    return write(record, result, events, fits and there or nil)
  end)
end

--- A source record made from what a MIDI item remembers, for when the audio item is not at hand.
function insertion.remembered(item)
  local made = kept.made(item)
  if not made then return nil end
  local record = { guid = made.source, map = TimeMap.new(made.map), track = reaper.GetMediaItemTrack(item), name = "" }
  return record, made
end

return insertion
