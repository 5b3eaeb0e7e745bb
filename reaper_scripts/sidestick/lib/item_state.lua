-- @noindex
-- Extension state (P_EXT), saved with the project: on a MIDI take the job that it is the result of and how its source
-- was played, on an audio item the job that was requested and whose result is not inserted yet.

local json = require("json")
local project = require("project")

local item_state = {}

local RESULT, JOB_SPEC = "P_EXT:sidestick", "P_EXT:sidestick_asked"
local JOB = "P_EXT:sidestick_job"
local REGIONS = "P_EXT:sidestick_regions"

local function decode(exists, text)
  local values = exists and text ~= "" and json.decode(text)
  return type(values) == "table" and values or nil
end

--- {job, part, source, file, manifest, map, origin, grid} of a MIDI take that is the result of a job, or nil.
function item_state.result(take)
  return decode(reaper.GetSetMediaItemTakeInfo_String(take, RESULT, "", false))
end

function item_state.set_result(take, values)
  reaper.GetSetMediaItemTakeInfo_String(take, RESULT, json.encode(values), true)
  reaper.GetSetMediaItemTakeInfo_String(take, JOB, values.job or "", true)
  reaper.MarkProjectDirty(project.current)
end

--- The numbers of the regions that were written for a MIDI take, as keys.
function item_state.regions(take)
  local found = {}
  local _, text = reaper.GetSetMediaItemTakeInfo_String(take, REGIONS, "", false)
  for number in text:gmatch("%d+") do found[tonumber(number)] = true end
  return found
end

function item_state.set_regions(take, numbers)
  reaper.GetSetMediaItemTakeInfo_String(take, REGIONS, table.concat(numbers, " "), true)
  reaper.MarkProjectDirty(project.current)
end

--- {parts, options, stems, title} of the job requested for this audio item, nil once its result is inserted.
function item_state.job_spec(item)
  return decode(reaper.GetSetMediaItemInfo_String(item, JOB_SPEC, "", false))
end

function item_state.set_job_spec(item, values)
  reaper.GetSetMediaItemInfo_String(item, JOB_SPEC, values and json.encode(values) or "", true)
  reaper.MarkProjectDirty(project.current)
end

--- {take, result} of each take in the project that is a result.
function item_state.results()
  local found = {}
  for item in project.items() do
    for take in project.takes(item) do
      local result = item_state.result(take)
      if result then found[#found + 1] = { take = take, result = result } end
    end
  end
  return found
end

--- The MIDI take of one part of one audio item, or of any part; nil if there is none.
function item_state.find_take(source, part)
  for _, entry in ipairs(item_state.results()) do
    if entry.result.source == source and (entry.result.part == part or not part) then return entry.take end
  end
end

--- The result among the takes of an item, the active one before others; nil if there is none.
function item_state.take_of_item(item)
  local active = reaper.GetActiveTake(item)
  if active and item_state.result(active) then return active end
  for take in project.takes(item) do
    if item_state.result(take) then return take end
  end
end

--- Which parts of a file the project has, {part = true}.
function item_state.parts_of_file(path)
  local parts = {}
  for _, entry in ipairs(item_state.results()) do
    if entry.result.file == path then parts[entry.result.part] = true end
  end
  return parts
end

return item_state
