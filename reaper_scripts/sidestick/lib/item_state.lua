-- @noindex
-- Extension state (P_EXT) of items, saved with the project: on a MIDI item the job that it is the result of and how its
-- source was played, on an audio item the job that was requested and whose result is not inserted yet.

local json = require("json")
local project = require("project")

local item_state = {}

local RESULT, JOB_SPEC = "P_EXT:sidestick", "P_EXT:sidestick_asked"
local JOB = "P_EXT:sidestick_job"

local function read(item, key)
  local exists, text = reaper.GetSetMediaItemInfo_String(item, key, "", false)
  local values = exists and text ~= "" and json.decode(text)
  return type(values) == "table" and values or nil
end

local function write(item, key, values)
  reaper.GetSetMediaItemInfo_String(item, key, values and json.encode(values) or "", true)
  reaper.MarkProjectDirty(project.current)
end

--- {job, part, source, file, manifest, map, origin, grid} of a MIDI item that is the result of a job, or nil.
function item_state.result(item)
  return read(item, RESULT)
end

function item_state.set_result(item, values)
  write(item, RESULT, values)
  reaper.GetSetMediaItemInfo_String(item, JOB, values.job or "", true)
end

--- {parts, options, stems, title} of the job requested for this audio item, nil once its result is inserted.
function item_state.job_spec(item)
  return read(item, JOB_SPEC)
end

function item_state.set_job_spec(item, values)
  write(item, JOB_SPEC, values)
end

--- The MIDI item of one part of one audio item, or of any part; nil if there is none.
function item_state.find_item(source, part)
  for item in project.items() do
    local result = item_state.result(item)
    if result and result.source == source and (result.part == part or not part) then return item end
  end
end

--- Which parts of a file the project has, {part = true}.
function item_state.parts_of_file(path)
  local parts = {}
  for item in project.items() do
    local result = item_state.result(item)
    if result and result.file == path then parts[result.part] = true end
  end
  return parts
end

return item_state
