-- What an item remembers of sidestick, saved with the project: on a MIDI item which job made it and how its source was
-- played, on an audio item which jobs were asked for and have not been inserted yet.

local json = require("json")

local kept = {}

local MADE, ASKED = "P_EXT:sidestick", "P_EXT:sidestick_asked"
local ONLY_JOB = "P_EXT:sidestick_job"

local function read(item, key)
  local there, text = reaper.GetSetMediaItemInfo_String(item, key, "", false)
  local values = there and text ~= "" and json.decode(text)
  return type(values) == "table" and values or nil
end

local function write(item, key, values)
  reaper.GetSetMediaItemInfo_String(item, key, values and json.encode(values) or "", true)
end

--- {job, part, source, file, manifest, map, origin, grid} of a MIDI item that sidestick made, or nil.
function kept.made(item)
  return read(item, MADE)
end

function kept.set_made(item, values)
  write(item, MADE, values)
  reaper.GetSetMediaItemInfo_String(item, ONLY_JOB, values.job or "", true)
end

--- {parts, options, stems} that were asked for this audio item and are not there yet, or nil.
function kept.asked(item)
  return read(item, ASKED)
end

function kept.set_asked(item, values)
  write(item, ASKED, values)
end

--- Each item of the project, to be used in a for loop.
function kept.items()
  local index = -1
  return function()
    index = index + 1
    return reaper.GetMediaItem(0, index)
  end
end

--- The MIDI item of one part of one audio item, or of any part; nil if there is none.
function kept.find(source, part)
  for item in kept.items() do
    local made = kept.made(item)
    if made and made.source == source and (made.part == part or not part) then return item end
  end
end

--- Which parts of a file the project has, {part = true}.
function kept.parts(path)
  local found = {}
  for item in kept.items() do
    local made = kept.made(item)
    if made and made.file == path then found[made.part] = true end
  end
  return found
end

return kept
