-- @noindex
-- Notes into the project: a track below the source, one MIDI item for each source item, always in the same place;
-- or, as the user chooses, a take of the source item.

local drums = require("drums")
local grid = require("grid")
local item_state = require("item_state")
local json = require("json")
local part_colours = require("part_colours")
local project = require("project")
local settings = require("settings")
local take_events = require("take_events")
local TimeMap = require("time_map")
local time_slicing = require("time_slicing")

local insertion = {}

local function part_title(part)
  return part:sub(1, 1):upper() .. part:sub(2)
end

local function track_key(track, part)
  return reaper.GetTrackGUID(track) .. " " .. part
end

local ALL_CHANNELS = -1

local function track_key_of(track)
  return select(2, reaper.GetSetMediaTrackInfo_String(track, "P_EXT:sidestick_track", "", false))
end

local function find_track(source, part)
  local wanted = track_key(source, part)
  for index = 0, reaper.CountTracks(project.current) - 1 do
    local track = reaper.GetTrack(project.current, index)
    if track_key_of(track) == wanted then return track end
  end
end

-- Below the source, and below what sidestick has put there already.
local function index_below(source)
  local guid = reaper.GetTrackGUID(source)
  local index = math.floor(reaper.GetMediaTrackInfo_Value(source, "IP_TRACKNUMBER"))
  while index < reaper.CountTracks(project.current) do
    if track_key_of(reaper.GetTrack(project.current, index)):sub(1, #guid) ~= guid then break end
    index = index + 1
  end
  return index
end

local function name_gm_rows(track)
  for _, drum in ipairs(drums.LIST) do
    reaper.SetTrackMIDINoteNameEx(project.current, track, drum.pitch, ALL_CHANNELS, drum.name)
  end
end

local function new_track(source, part)
  local track = project.insert_track(index_below(source))
  local _, name = reaper.GetSetMediaTrackInfo_String(source, "P_NAME", "", false)
  local title = (name ~= "" and name .. " " or "") .. part_title(part)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", title, true)
  local colour = reaper.ColorToNative(table.unpack(part_colours[part] or part_colours.other)) | part_colours.CUSTOM
  reaper.SetMediaTrackInfo_Value(track, "I_CUSTOMCOLOR", colour)
  reaper.GetSetMediaTrackInfo_String(track, "P_EXT:sidestick_track", track_key(source, part), true)
  return track
end

--- The track below the source that holds one part of what was heard in it, made if there is none.
function insertion.track_for(record, part)
  return find_track(record.track, part) or new_track(record.track, part)
end

local function new_item(track, from, length)
  return reaper.GetActiveTake(reaper.CreateNewMIDIItemInProj(track, from, from + length, false))
end

-- A take of the audio item itself; the audio stays the active one.
local function new_take(item)
  local take = reaper.AddTakeToMediaItem(item)
  reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromType("MIDI"))
  return take
end

local function new_result_take(record, result)
  local source = settings.get("place") == "take" and project.find_item(record.guid)
  local track = source and record.track or insertion.track_for(record, result.part)
  local take = source and new_take(source) or new_item(track, record.map.position, record.map.length)
  if result.part == "drums" and settings.get("drum_map") == "gm" then name_gm_rows(track) end
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", record.name .. " " .. result.part, true)
  return take
end

local TOLERANCE = 1e-6  -- a project file keeps 14 digits of a number, and the map was saved with all of them

--- Whether two values that a project keeps are the same, tables by their members.
function insertion.is_same(a, b)
  if type(a) == "number" and type(b) == "number" then return math.abs(a - b) < TOLERANCE end
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for name, value in pairs(a) do
    if not insertion.is_same(value, b[name]) then return false end
  end
  for name in pairs(b) do
    if a[name] == nil then return false end
  end
  return true
end

-- The audio item is still played as it was when its notes were put there.
local function same_map(saved, record)
  return insertion.is_same(saved.map, record.map:values())
end

--- How far the user has moved a result since its notes were put there; cutting its edges moves nothing.
function insertion.shift_of(take)
  return reaper.MIDI_GetProjTimeFromPPQPos(take, 0) - item_state.result(take).origin
end

-- The lines of REAPER's grid that the notes lie on (see grid.lua), or json.null: where the daemon puts them.
local function lines_of_result(result, saved)
  if result.lines ~= nil then return result.lines end
  return saved and saved.grid or json.null
end

local function save_result(take, record, result, previous)
  local origin = reaper.MIDI_GetProjTimeFromPPQPos(take, 0)
  item_state.set_result(take, {
    job = result.job, part = result.part, source = record.guid, file = record.path or json.null,
    manifest = result.manifest or json.null,
    map = record.map:values(), origin = previous and previous.origin or origin,
    grid = lines_of_result(result, previous),
  })
end

-- Whether the notes are a take of the audio item itself: it moves with its sound.
local function is_in_source(take, record)
  return project.item_guid(reaper.GetMediaItemTake_Item(take)) == record.guid
end

-- Where the end of its item lies in a take.
local function item_end_tick(take)
  local item, scale = reaper.GetMediaItemTake_Item(take), take_events.tick_scale(take)
  local stop = reaper.GetMediaItemInfo_Value(item, "D_POSITION") + reaper.GetMediaItemInfo_Value(item, "D_LENGTH")
  return math.floor(scale.zero + reaper.TimeMap2_timeToQN(project.current, stop) * scale.step + 0.5)
end

-- The take that is to be written, made where there is none. Notes that do not lie where the source plays now are taken
-- away with their item, unless that is the source itself.
local function take_for(record, result, existing)
  local take = existing.guid and project.find_take(existing.guid) or item_state.find_take(record.guid, result.part)
  if take and not existing.saved and not is_in_source(take, record) then
    local item = reaper.GetMediaItemTake_Item(take)
    reaper.DeleteTrackMediaItem(reaper.GetMediaItemTrack(item), item)
    take = nil
  end
  record.track = insertion.track_of(record)
  return take or new_result_take(record, result), take and existing.saved
end

local function write_take(record, result, packed, existing)
  local take, previous = take_for(record, result, existing)
  local last_tick = not is_in_source(take, record) and previous and existing.last_tick or item_end_tick(take)
  take_events.write(take, packed, last_tick)
  save_result(take, record, result, previous)
end

-- What there is before any of the work is done: the notes to be replaced, if they lie where the source still plays.
local function read_existing(record, result, guid)
  local take = guid and project.find_take(guid) or item_state.find_take(record.guid, result.part)
  if not take then return { shift = 0.0 } end
  local saved = item_state.result(take)
  if not same_map(saved, record) then return { shift = 0.0, guid = project.take_guid(take) } end
  return {
    saved = saved, guid = project.take_guid(take), shift = insertion.shift_of(take),
    scale = take_events.tick_scale(take), last_tick = take_events.end_tick(take, time_slicing.yield),
  }
end

local function run_in_undo_step(changes, title, finish)
  project.wait_for_tab()
  if not project.is_open() then return project.CLOSED end
  if #changes == 0 then return finish and finish() end
  project.undo_block(title, function()
    for _, change in ipairs(changes) do change() end
    if finish then finish() end
  end)
end

-- All that takes time; what is returned changes the project. An undo may have made all items anew by then. `guid` is
-- that of the take to be replaced, where there may be several.
local function prepare(record, result, guid)
  local yield = time_slicing.yield
  local existing = read_existing(record, result, guid)
  local lines = lines_of_result(result, existing.saved)
  local placed = take_events.to_project_time(result.notes, record.map, yield)
  take_events.add_quarter_notes(placed, existing.shift, yield)
  if lines ~= json.null then grid.snap_notes(placed, lines, yield) end
  local messages = take_events.message_events(result.notes.messages or {}, record.map, existing.shift, yield)
  local events = take_events.add_note_events(placed, messages, yield)
  local packed = take_events.pack(events, existing.scale or take_events.default_tick_scale(record.map.position), yield)
  return function() write_take(record, result, packed, existing) end
end

--- The track of a record's source, or of the MIDI that was made of it.
function insertion.track_of(record)
  local take = record.made and project.find_take(record.made)
  local item = project.find_item(record.guid) or take and reaper.GetMediaItemTake_Item(take)
  return item and reaper.GetMediaItemTrack(item) or record.track
end

--- Inserts or replaces parts of one source item, as one undo step. Each of `results` has job, part, notes, manifest
-- and, if they are to change, the grid lines that the notes lie on. The slow part is done in time slices. `finish` is
-- called as part of the step, or without one when there is nothing to insert. Nil, or a sentence.
function insertion.insert(record, results, title, finish)
  local changes = {}
  for index, result in ipairs(results) do changes[index] = prepare(record, result) end
  return run_in_undo_step(changes, title, finish)
end

--- Puts new notes into takes that sidestick has made: `list` holds {guid, result}. One undo step. Nil, or a sentence.
function insertion.replace(list, title)
  local changes = {}
  for _, entry in ipairs(list) do
    local take = project.find_take(entry.guid)
    changes[#changes + 1] = take and prepare(insertion.record_of_take(take), entry.result, entry.guid)
  end
  return run_in_undo_step(changes, title)
end

--- A source record made from the saved result of a MIDI take, for when the audio item is not at hand.
function insertion.record_of_take(take)
  local saved = item_state.result(take)
  if not saved then return nil end
  local path = saved.file ~= json.null and saved.file or nil
  local map, track = TimeMap.new(saved.map), reaper.GetMediaItemTrack(reaper.GetMediaItemTake_Item(take))
  local made = project.take_guid(take)
  return { guid = saved.source, made = made, path = path, map = map, track = track, name = "" }, saved
end

--- Names the rows of a source's drum track after the clusters of its job: {pitch = label} as its drum map has them.
function insertion.name_rows(record, list)
  local track = find_track(insertion.track_of(record), "drums")
  if not track then return end
  for _, row in ipairs(list) do
    for _, hit in ipairs(row.hits) do
      reaper.SetTrackMIDINoteNameEx(project.current, track, hit.pitch, ALL_CHANNELS, drums.name(hit.label))
    end
  end
end

return insertion
