-- Notes into the project: a track below the source, one MIDI item for each source item, always in the same place.

local drums = require("drums")
local grid = require("grid")
local json = require("json")
local kept = require("kept")
local notes = require("notes")
local settings = require("settings")
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

local function key_of(track)
  return select(2, reaper.GetSetMediaTrackInfo_String(track, "P_EXT:sidestick_track", "", false))
end

local function find_track(source, part)
  local wanted = track_key(source, part)
  for index = 0, reaper.CountTracks(0) - 1 do
    local track = reaper.GetTrack(0, index)
    if key_of(track) == wanted then return track end
  end
end

-- Below the source, and below what sidestick has put there already.
local function place_below(source)
  local guid = reaper.GetTrackGUID(source)
  local index = math.floor(reaper.GetMediaTrackInfo_Value(source, "IP_TRACKNUMBER"))
  while index < reaper.CountTracks(0) and key_of(reaper.GetTrack(0, index)):sub(1, #guid) == guid do
    index = index + 1
  end
  return index
end

local function name_general_rows(track)
  for _, drum in ipairs(drums.LIST) do
    reaper.SetTrackMIDINoteNameEx(0, track, drum.pitch, ALL_CHANNELS, drum.name)
  end
end

local function new_track(source, part)
  local index = place_below(source)
  reaper.InsertTrackAtIndex(index, true)
  local track = reaper.GetTrack(0, index)
  local _, name = reaper.GetSetMediaTrackInfo_String(source, "P_NAME", "", false)
  local title = (name ~= "" and name .. " " or "") .. title_of(part)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", title, true)
  reaper.GetSetMediaTrackInfo_String(track, "P_EXT:sidestick_track", track_key(source, part), true)
  return track
end

local function new_item(record, result)
  local track = find_track(record.track, result.part) or new_track(record.track, result.part)
  if result.part == "drums" and settings.get("drum_map") == "gm" then name_general_rows(track) end
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

--- How far the user has moved an item since its notes were put there; cutting its edges moves nothing.
function insertion.moved(item)
  local made = kept.made(item)
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
    job = result.job, part = result.part, source = record.guid, file = record.path or json.null,
    manifest = result.manifest or json.null,
    map = record.map:values(), origin = before and before.origin or origin,
    grid = lines_for(result, before),
  })
end

local function at_once() end

local function write(record, result, packed, item, closing)
  local before = item and kept.made(item)
  item = item or new_item(record, result)
  local take = reaper.GetActiveTake(item)
  notes.write(take, packed, closing or notes.closing(take, at_once))
  keep(item, record, result, before)
  return item
end

-- All that takes time; what is returned changes the project. `there` is the item to be replaced, if there is one.
local function prepared(record, result, there)
  local made = there and kept.made(there)
  local fits = made and same_map(made, record)
  local shift = fits and insertion.moved(there) or 0.0
  local lines = lines_for(result, fits and made)
  local counted = notes.counted(notes.placed(result.notes, record.map, slices.breathe), shift, slices.breathe)
  if lines ~= json.null then grid.tidy(counted, lines, slices.breathe) end
  local events = notes.events(counted, notes.bends(result.notes, record.map, shift, slices.breathe), slices.breathe)
  local take = fits and reaper.GetActiveTake(there)
  local ruler = take and notes.ruler(take) or notes.expected_ruler(record.map.position)
  local packed = notes.packed(events, ruler, slices.breathe)
  local closing = take and notes.closing(take, slices.breathe)
  return function()
    if there and not fits then reaper.DeleteTrackMediaItem(reaper.GetMediaItemTrack(there), there) end
    return write(record, result, packed, fits and there or nil, closing)
  end
end

local function in_one_step(works, title)
  if #works == 0 then return end
  undo.block(title, function()
    for _, work in ipairs(works) do work() end
  end)
end

--- Inserts or replaces parts of one source item, as one undo step. Each of `results` has job, part, notes, manifest
-- and, if that is to change, the grid that the notes lie on. The slow part is done in slices.
function insertion.insert(record, results, title)
  local works = {}
  for index, result in ipairs(results) do
    works[index] = prepared(record, result, kept.find(record.guid, result.part))
  end
  in_one_step(works, title)
end

--- Puts new notes into items that sidestick has made: `list` holds {item, result}. One undo step.
function insertion.replace(list, title)
  local works = {}
  for index, entry in ipairs(list) do
    works[index] = prepared(insertion.remembered(entry.item), entry.result, entry.item)
  end
  in_one_step(works, title)
end

--- A source record made from what a MIDI item remembers, for when the audio item is not at hand.
function insertion.remembered(item)
  local made = kept.made(item)
  if not made then return nil end
  local path = made.file ~= json.null and made.file or nil
  local map, track = TimeMap.new(made.map), reaper.GetMediaItemTrack(item)
  return { guid = made.source, path = path, map = map, track = track, name = "" }, made
end

--- Names the rows of a source's drum track after the clusters of its job: {pitch = label} as its drum map has them.
function insertion.name_rows(record, list)
  local track = find_track(record.track, "drums")
  if not track then return end
  for _, row in ipairs(list) do
    for _, hit in ipairs(row.hits) do
      reaper.SetTrackMIDINoteNameEx(0, track, hit.pitch, ALL_CHANNELS, drums.name(hit.label))
    end
  end
end

return insertion
