-- @noindex
-- Stems into the project: tracks in a folder below the source, each item played exactly as its source is.

local files = require("files")
local part_colours = require("part_colours")
local project = require("project")
local settings = require("settings")

local stems = {}

local ORDER = { "drums", "bass", "vocals", "guitar", "piano", "other" }
local BUILD_PEAKS = 40047
local ITEM_VALUES = {
  "C_BEATATTACHMODE", "D_POSITION", "D_LENGTH", "D_SNAPOFFSET", "B_LOOPSRC", "D_VOL", "D_FADEINLEN", "D_FADEOUTLEN",
  "D_FADEINLEN_AUTO", "D_FADEOUTLEN_AUTO", "C_FADEINSHAPE", "C_FADEOUTSHAPE", "D_FADEINDIR", "D_FADEOUTDIR",
}
local TAKE_VALUES = {
  "D_PLAYRATE", "D_PITCH", "B_PPITCH", "I_PITCHMODE", "D_VOL", "D_PAN", "D_PANLAW", "I_CHANMODE",
}
local ENVELOPES = { VOLENV = true, PANENV = true, MUTEENV = true, PITCHENV = true }

local function add_track(index, name, colour, depth)
  local track = project.insert_track(index)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", name, true)
  reaper.SetMediaTrackInfo_Value(track, "I_FOLDERDEPTH", depth)
  if colour then
    local native = reaper.ColorToNative(table.unpack(colour)) | part_colours.CUSTOM
    reaper.SetMediaTrackInfo_Value(track, "I_CUSTOMCOLOR", native)
  end
  return track
end

local function copy_markers(record, take)
  for _, marker in ipairs(record.map.markers) do
    local index = reaper.SetTakeStretchMarker(take, -1, marker.at, marker.source)
    reaper.SetTakeStretchMarkerSlope(take, index, marker.slope)
  end
end

-- The take's own envelopes as text; those of its effects are not heard in the file. `from` is the second of the take
-- at which they are to begin.
local function envelope_texts(take, from)
  local texts = {}
  for index = 0, reaper.CountTakeEnvelopes(take) - 1 do
    local _, text = reaper.GetEnvelopeStateChunk(reaper.GetTakeEnvelope(take, index), "", false)
    if ENVELOPES[text:match("^<(%w+)")] then
      text = text:gsub("EGUID [^\n]*\n", ""):gsub("\nPT (%S+)", function(time)
        return ("\nPT %.14g"):format(tonumber(time) - from)
      end)
      texts[#texts + 1] = text:match("^(.-)%s*$")
    end
  end
  return texts
end

-- To be done last: REAPER reads the item anew, and its take is another one then.
local function copy_envelopes(record, item, from)
  local texts = envelope_texts(record.take, from)
  if #texts == 0 then return end
  local _, text = reaper.GetItemStateChunk(item, "", false)
  local body = text:match("^(.*)>%s*$")
  reaper.SetItemStateChunk(item, body .. table.concat(texts, "\n") .. "\n>\n", false)
end

local function add_item(record, track, name, path)
  local item = reaper.AddMediaItemToTrack(track)
  local take = reaper.AddTakeToMediaItem(item)
  reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(path))
  for _, key in ipairs(ITEM_VALUES) do
    reaper.SetMediaItemInfo_Value(item, key, reaper.GetMediaItemInfo_Value(record.item, key))
  end
  for _, key in ipairs(TAKE_VALUES) do
    reaper.SetMediaItemTakeInfo_Value(take, key, reaper.GetMediaItemTakeInfo_Value(record.take, key))
  end
  reaper.SetMediaItemTakeInfo_Value(take, "D_STARTOFFS", record.map.start)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", name, true)
  copy_markers(record, take)
  return item, take
end

-- An item plays a stem as its source plays the file. A stem is as long as the whole file, so a section of it becomes
-- an item for each time it is played through.
local function add_items(record, track, name, path)
  local map = record.map
  if not record.section or #map.markers > 0 then
    return copy_envelopes(record, add_item(record, track, name, path), 0)
  end
  local segments = map:segments()
  for number, segment in ipairs(segments) do
    local item, take = add_item(record, track, name, path)
    reaper.SetMediaItemInfo_Value(item, "D_POSITION", segment.position)
    reaper.SetMediaItemInfo_Value(item, "D_LENGTH", segment.length)
    reaper.SetMediaItemInfo_Value(item, "B_LOOPSRC", 0)
    reaper.SetMediaItemTakeInfo_Value(take, "D_STARTOFFS", segment.start)
    if number > 1 then reaper.SetMediaItemInfo_Value(item, "D_FADEINLEN", 0) end
    if number < #segments then reaper.SetMediaItemInfo_Value(item, "D_FADEOUTLEN", 0) end
    copy_envelopes(record, item, (segment.position - map.position) * map.rate)
  end
end

-- Those that every separator has come first, then what else there is, by name.
local function existing_stems(paths)
  local known, others = {}, {}
  for _, name in ipairs(ORDER) do known[name] = true end
  for name in pairs(paths) do
    if not known[name] then others[#others + 1] = name end
  end
  table.sort(others)
  local names = {}
  for _, name in ipairs(table.move(others, 1, #others, #ORDER + 1, { table.unpack(ORDER) })) do
    if paths[name] and reaper.file_exists(paths[name]) then names[#names + 1] = name end
  end
  return names
end

local function insert_tracks(record, names, paths)
  local index = math.floor(reaper.GetMediaTrackInfo_Value(record.track, "IP_TRACKNUMBER"))
  add_track(index, record.name .. " stems", nil, 1)
  for number, name in ipairs(names) do
    local title = name:sub(1, 1):upper() .. name:sub(2)
    local track = add_track(index + number, title, part_colours[name], number == #names and -1 or 0)
    add_items(record, track, record.name .. " " .. name, paths[name])
  end
  if settings.get("mute_source") == "yes" then reaper.SetMediaItemInfo_Value(record.item, "B_MUTE", 1) end
  reaper.Main_OnCommandEx(BUILD_PEAKS, 0, project.current)
end

--- `finish` is called as part of the undo step. Nil, or one sentence.
function stems.insert(record, paths, finish)
  local names = existing_stems(paths)
  if #names == 0 then
    return ("The stems of %s are not there any more. Run the action once more."):format(files.name(record.path))
  end
  project.undo_block("separate into stems", function()
    insert_tracks(record, names, paths)
    finish()
  end)
end

return stems
