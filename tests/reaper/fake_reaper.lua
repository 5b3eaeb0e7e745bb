-- A stand-in for REAPER: a project in tables, and the functions that the scripts call, each checked against api.txt.

local here = debug.getinfo(1, "S").source:match("^@(.*[/\\])")

local fake = {
  tracks = {}, selected = {}, ext = {}, boxes = {}, answers = {}, undone = {}, commands = {}, deferred = {}, files = {},
  cycles = 0, refresh = 0, ppq = 960, system = "Other", grid = { 0.25, 0, 0 }, styles = {}, serial = 0, inputs = {},
  actions = {},
}
local api = {}

local function new_object(kind, values)
  fake.serial = fake.serial + 1
  values.kind, values.values, values.strings = kind, values.values or {}, values.strings or {}
  values.strings.GUID = values.strings.GUID or ("{0000%04d-FAKE}"):format(fake.serial)
  return values
end

function fake.source(values)
  return new_object("PCM_source", values)
end

function fake.add_track(index, name)
  local track = new_object("MediaTrack", { items = {}, notes = {}, strings = { P_NAME = name or "" } })
  table.insert(fake.tracks, index + 1, track)
  return track
end

function fake.add_item(track, values)
  local item = new_object("MediaItem", { values = values, track = track })
  table.insert(track.items, item)
  return item
end

function fake.add_take(item, values, source)
  local take = new_object("MediaItem_Take", { values = values, item = item, source = source, markers = {}, fx = 0 })
  take.values.D_PLAYRATE = values.D_PLAYRATE or 1
  item.take = take
  return take
end

local function index_of(list, expected)
  for index, value in ipairs(list) do
    if value == expected then return index end
  end
end

local function all_items()
  local items = {}
  for _, track in ipairs(fake.tracks) do
    for _, item in ipairs(track.items) do items[#items + 1] = item end
  end
  return items
end

local function object_string(object, key, value, set)
  if set then object.strings[key] = value end
  return object.strings[key] ~= nil, object.strings[key] or ""
end

-- Tracks and items

function api.CountTracks() return #fake.tracks end
function api.GetTrack(_, index) return fake.tracks[index + 1] end
function api.GetTrackGUID(track) return track.strings.GUID end
function api.InsertTrackAtIndex(index) fake.add_track(index) end
function api.GetMediaItem(_, index) return all_items()[index + 1] end
function api.CountSelectedMediaItems() return #fake.selected end
function api.GetSelectedMediaItem(_, index) return fake.selected[index + 1] end
function api.GetMediaItemTrack(item) return item.track end
function api.GetActiveTake(item) return item.take end
function api.GetMediaItemTake_Item(take) return take.item end
function api.GetMediaItemTake_Source(take) return take.source end
function api.SetMediaItemTake_Source(take, source) take.source = source return true end
function api.AddMediaItemToTrack(track) return fake.add_item(track, {}) end
function api.AddTakeToMediaItem(item) return fake.add_take(item, {}) end
function api.GetSetMediaItemInfo_String(item, key, value, set) return object_string(item, key, value, set) end
function api.GetSetMediaItemTakeInfo_String(take, key, value, set) return object_string(take, key, value, set) end
function api.GetSetMediaTrackInfo_String(track, key, value, set) return object_string(track, key, value, set) end
function api.GetTakeName(take) return take.strings.P_NAME or "" end
function api.TakeIsMIDI(take) return take.midi ~= nil end
function api.TakeFX_GetCount(take) return take.fx end

function api.GetMediaTrackInfo_Value(track, key)
  if key == "IP_TRACKNUMBER" then return index_of(fake.tracks, track) + 0.0 end
  return track.values[key] or 0.0
end

function api.SetMediaTrackInfo_Value(track, key, value) track.values[key] = value return true end
function api.GetMediaItemInfo_Value(item, key) return item.values[key] or 0.0 end
function api.SetMediaItemInfo_Value(item, key, value) item.values[key] = value return true end
function api.GetMediaItemTakeInfo_Value(take, key) return take.values[key] or 0.0 end
function api.SetMediaItemTakeInfo_Value(take, key, value) take.values[key] = value return true end

function api.DeleteTrackMediaItem(track, item)
  local index = index_of(track.items, item)
  if index then table.remove(track.items, index) end
  return index ~= nil
end

function api.ValidatePtr2(_, object, kind)
  return kind == "MediaItem*" and index_of(all_items(), object) ~= nil
end

-- Sources

function api.PCM_Source_CreateFromFile(path) return fake.source({ path = path, length = 1.0, type = "WAVE" }) end
function api.GetMediaSourceParent(source) return source.parent end
function api.GetMediaSourceFileName(source) return source.parent and "" or source.path end
function api.GetMediaSourceType(source) return source.type end
function api.GetMediaSourceLength(source) return source.length, false end

function api.PCM_Source_GetSectionInfo(source)
  if not source.section then return false, 0.0, 0.0, false end
  return true, source.section, source.length, source.reversed == true
end

function api.GetTakeNumStretchMarkers(take) return #take.markers end

function api.GetTakeStretchMarker(take, index)
  local marker = take.markers[index + 1]
  if not marker then return -1, 0.0, 0.0 end
  return index, marker[1], marker[2]
end

function api.GetTakeStretchMarkerSlope(take, index) return take.markers[index + 1][3] or 0.0 end

function api.SetTakeStretchMarker(take, _, at, source)
  table.insert(take.markers, { at, source, 0.0 })
  return #take.markers - 1
end

function api.SetTakeStretchMarkerSlope(take, index, slope)
  take.markers[index + 1][3] = slope
  return true
end

-- MIDI: ticks count from the item's start

local function start_quarter(take)
  return fake.tempo:quarter(take.item.values.D_POSITION)
end

function api.TimeMap2_timeToQN(_, time) return fake.tempo:quarter(time) end
function api.TimeMap2_QNToTime(_, quarter) return fake.tempo:time(quarter) end
function api.TimeMap_GetTimeSigAtTime(_, time) return fake.tempo:signature(time) end
function api.TimeMap_QNToMeasures(_, quarter) return fake.tempo:measure(quarter) end
function api.GetSetProjectGrid() return 0, table.unpack(fake.grid) end
function api.MIDI_GetPPQPosFromProjQN(take, quarter) return (quarter - start_quarter(take)) * fake.ppq end
function api.MIDI_GetProjTimeFromPPQPos(take, tick) return fake.tempo:time(start_quarter(take) + tick / fake.ppq) end
function api.MIDI_GetAllEvts(take) return true, take.midi end
function api.MIDI_SetAllEvts(take, data) take.midi = data return true end
function api.MIDI_Sort() end

function api.CreateNewMIDIItemInProj(track, from, to)
  local item = fake.add_item(track, { D_POSITION = from, D_LENGTH = to - from })
  local take = fake.add_take(item, {})
  local ticks = math.floor((fake.tempo:quarter(to) - fake.tempo:quarter(from)) * fake.ppq + 0.5)
  take.midi = string.pack("i4Bs4", ticks, 0, "\xB0\x7B\x00")
  return item
end

--- The notes of a MIDI take by onset: {first, last (ticks), pitch, velocity, channel, selected}.
function fake.notes(take)
  local notes, open, at, tick = {}, {}, 1, 0
  while at <= #take.midi do
    local delta, flag, message
    delta, flag, message, at = string.unpack("i4Bs4", take.midi, at)
    assert(delta >= 0, "events out of order")
    tick = tick + delta
    local status, pitch, velocity = message:byte(1, 3)
    local key = (status & 15) * 128 + pitch
    if status >> 4 == 9 then
      assert(not open[key], "a note within a note")
      open[key] = { first = tick, pitch = pitch, velocity = velocity, channel = status & 15, selected = flag & 1 == 1 }
      notes[#notes + 1] = open[key]
    elseif status >> 4 == 8 then
      open[key].last, open[key] = tick, nil
    end
  end
  assert(not next(open), "a note without its end")
  return notes
end

function api.MIDI_EnumSelNotes(take, index)
  for next_index, note in ipairs(fake.notes(take)) do
    if next_index - 1 > index and note.selected then return next_index - 1 end
  end
  return -1
end

function api.MIDI_GetNote(take, index)
  local note = fake.notes(take)[index + 1]
  return true, note.selected, false, note.first + 0.0, note.last + 0.0, note.channel, note.pitch, note.velocity
end

function api.SetTrackMIDINoteNameEx(_, track, pitch, _, name) track.notes[pitch] = name return true end
function api.MIDIEditor_GetActive() return fake.edited and { kind = "HWND" } end
function api.MIDIEditor_GetTake() return fake.edited end

-- The program around the project

function api.Undo_BeginBlock2() assert(not fake.block, "a block within a block") fake.block = true end

function api.Undo_EndBlock2(_, name)
  assert(fake.block and fake.refresh == 0, "the display is held")
  fake.block = nil
  table.insert(fake.undone, name)
end

function api.PreventUIRefresh(count) fake.refresh = fake.refresh + count end
function api.UpdateArrange() end
function api.Main_OnCommand(command) table.insert(fake.actions, command) end
function api.ColorToNative(red, green, blue) return red | green << 8 | blue << 16 end
function api.GetOS() return fake.system end
function api.GetResourcePath() return fake.resources end
function api.GetMousePosition() return 10, 10 end
function api.defer(work) table.insert(fake.deferred, work) return true end
function api.get_action_context() return false, fake.script, 0, 0, 0, 0, 0.0, "" end

function api.genGuid()
  local source = io.open("/dev/urandom", "rb")
  local bytes = source:read(16)
  source:close()
  return "{" .. bytes:gsub(".", function(byte) return ("%02X"):format(byte:byte()) end) .. "}"
end

function api.ShowMessageBox(text, _, kind)
  table.insert(fake.boxes, text)
  if kind == 0 then return 1 end
  return table.remove(fake.answers, 1) == "yes" and 6 or 7
end

function api.GetUserInputs(_, count, captions, values)
  fake.form = { count = count, captions = captions, values = values }
  return fake.filled ~= nil, fake.filled or ""
end

function api.GetUserFileNameForRead()
  return fake.picked ~= nil, fake.picked or ""
end

function api.SetExtState(section, key, value, persist)
  fake.ext[section .. "/" .. key] = { value = value, persist = persist }
end

function api.GetExtState(section, key)
  local entry = fake.ext[section .. "/" .. key]
  return entry and entry.value or ""
end

function api.DeleteExtState(section, key) fake.ext[section .. "/" .. key] = nil end

function api.file_exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

function api.RecursiveCreateDirectory(path) return os.execute(("mkdir -p '%s'"):format(path)) and 1 or 0 end

--- One cycle takes a thirtieth of a second, and what its own work takes.
function api.time_precise() return fake.cycles / 30 + os.clock() end

--- The arguments of a command line as REAPER splits it here: quotes of one kind hold the other kind.
function fake.split_command_line(line)
  local words, at = {}, 1
  while true do
    at = line:find("%S", at)
    if not at then return words end
    local mark = line:match("^['\"]", at)
    local stop = mark and line:find(mark, at + 1, true) or line:find("%s", at) or #line + 1
    words[#words + 1] = line:sub(mark and at + 1 or at, stop - 1)
    at = stop + 1
  end
end

local function quote_for_shell(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

function api.ExecProcess(line, timeout)
  assert(timeout < 0, "REAPER would stand still")
  table.insert(fake.commands, line)
  local words = fake.split_command_line(line)
  for index, word in ipairs(words) do words[index] = quote_for_shell(word) end
  os.execute(table.concat(words, " ") .. " >/dev/null 2>&1 &")
  return "0\n"
end

-- Every call is checked against the list of signatures

local TYPES = { number = "number", string = "string", boolean = "boolean", ["function"] = "function" }

local function has_type(expected, value)
  if expected == "integer" then return math.type(value) == "integer" or value == math.floor(value) end
  if expected == "ReaProject" then return value == 0 end
  if expected == "identifier" then return type(value) == "table" end
  if TYPES[expected] then return type(value) == TYPES[expected] end
  return type(value) == "table" and value.kind == expected
end

local function parameters(text)
  local list = {}
  for part in text:gmatch("[^,]+") do
    local optional = part:match("^%s*optional ") ~= nil
    list[#list + 1] = { type = part:gsub("^%s*optional ", ""):match("^%s*(%S+)"), optional = optional }
  end
  return list
end

local function check_arguments(name, list, work)
  return function(...)
    local count = select("#", ...)
    if count > #list then error(name .. " was given too many arguments", 2) end
    for index, parameter in ipairs(list) do
      local value = select(index, ...)
      local missing = index > count or value == nil
      if not (missing and parameter.optional) and not has_type(parameter.type, value) then
        error(("%s: argument %d must be %s, not %s"):format(name, index, parameter.type, tostring(value)), 2)
      end
    end
    return work(...)
  end
end

--- The table `reaper`: exactly the functions of api.txt.
function fake.reaper_table()
  local functions = {}
  for line in io.lines(here .. "api.txt") do
    local name, list = line:match("reaper%.([%w_]+)%((.*)%)$")
    functions[name] = check_arguments(name, parameters(list), assert(api[name], name))
    api[name] = nil
  end
  assert(not next(api), "the fake has a function that is not on the list")
  return functions
end

return fake
