-- @noindex
-- The selected audio items: which file they play and how, or one sentence why they cannot be used.

local files = require("files")
local item_state = require("item_state")
local project = require("project")
local TimeMap = require("time_map")

local takes = {}

local function display_name(item, take)
  local name = take and reaper.GetTakeName(take) or ""
  if name ~= "" then return name end
  return ("item at %.1f s"):format(reaper.GetMediaItemInfo_Value(item, "D_POSITION"))
end

-- The source that reads the file, and the second of it at which the sections around it start.
local function root_source(source)
  local shift, reversed = 0.0, false
  while source do
    local section, start, _, backwards = reaper.PCM_Source_GetSectionInfo(source)
    if section then
      shift, reversed = shift + start, reversed or backwards
    end
    local parent = reaper.GetMediaSourceParent(source)
    if not parent then break end
    source = parent
  end
  return source, shift, reversed
end

local function file_problem(name, path, kind, source)
  if kind == "RPP_PROJECT" then
    return ("%s is a subproject. Render it to a file first, then use that."):format(name)
  end
  if path == "" then return ("%s has no file. Glue it or save the project, then try again."):format(name) end
  if not reaper.file_exists(path) then
    return ("%s cannot be found at %s. Bring the file back or relink the item."):format(name, path)
  end
  if kind == "OFFLINE" or reaper.GetMediaSourceLength(source) <= 0 then
    return ("%s is offline. Set the media online, then try again."):format(name)
  end
end

local function take_problem(item, name, take)
  if not take then return ("The %s is empty. Select an item with audio in it."):format(name) end
  if reaper.TakeIsMIDI(take) then return ("%s is MIDI already. Select an audio item."):format(name) end
  if reaper.GetMediaItemInfo_Value(item, "D_LENGTH") <= 0 then return ("%s has no length."):format(name) end
end

local function warnings(name, take)
  if reaper.TakeFX_GetCount(take) == 0 and reaper.GetMediaItemTakeInfo_Value(take, "D_PITCH") == 0 then return {} end
  return { ("sidestick hears the file of %s as it is, without the take's pitch and effects."):format(name) }
end

local function new_record(item, take, path, shift, name)
  local source = reaper.GetMediaItemTake_Source(take)
  local map = TimeMap.from_take(item, take, shift)
  return {
    item = item, take = take, path = path, name = name, map = map, warnings = warnings(name, take),
    section = reaper.GetMediaSourceParent(source) ~= nil,
    track = reaper.GetMediaItemTrack(item),
    guid = project.item_guid(item),
  }
end

-- The active take, or the audio behind the MIDI that sidestick has put into the item.
local function audio_take(item)
  local active = reaper.GetActiveTake(item)
  if not active or not item_state.result(active) then return active end
  for take in project.takes(item) do
    if not reaper.TakeIsMIDI(take) then return take end
  end
  return active
end

--- The record of one item, or nil and a sentence.
function takes.read(item)
  local take = audio_take(item)
  local name = display_name(item, take)
  local problem = take_problem(item, name, take)
  if problem then return nil, problem end
  local source, shift, reversed = root_source(reaper.GetMediaItemTake_Source(take))
  if reversed then return nil, ("%s plays backwards. Reverse it back, or glue it first."):format(name) end
  local path = source and reaper.GetMediaSourceFileName(source) or ""
  problem = file_problem(name, path, source and reaper.GetMediaSourceType(source) or "", source)
  if problem then return nil, problem end
  return new_record(item, take, path, shift, (select(2, files.name(path))))
end

--- Records of all selected items that can be used, and sentences about the others.
function takes.read_selected()
  local records, problems = {}, {}
  for item in project.selected_items() do
    local record, problem = takes.read(item)
    if record then records[#records + 1] = record else problems[#problems + 1] = problem end
  end
  if #records + #problems == 0 then return records, { "Select an audio item first." } end
  return records, problems
end

return takes
