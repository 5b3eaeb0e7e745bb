-- @noindex
-- The sections that sidestick heard, as regions of the project: "Song A", "Song B".

local project = require("project")

local section_regions = {}

local EARLY = 0.05  -- seconds that a bar line of REAPER may lie before the section's own
local DEFAULT_COLOUR, NEXT_FREE_NUMBER = 0, -1

-- Regions of this song's name and a letter, by which they are known again; markers and all other regions stay.
local function clear(name)
  local index = 0
  while true do
    local found, is_region, _, _, title = reaper.EnumProjectMarkers3(project.current, index)
    if found == 0 then return end
    local is_ours = is_region and title:sub(1, #name + 1) == name .. " " and title:match("^%u%d*$", #name + 2)
    if is_ours then
      reaper.DeleteProjectMarkerByIndex(project.current, index)
    else
      index = index + 1
    end
  end
end

-- From the first of its bars that plays to the end of the last one.
local function add(name, section, bars)
  local from, to
  for _, bar in ipairs(bars) do
    if bar.second > section.start - EARLY and bar.second < section["end"] - EARLY then
      from, to = from or bar.time, bar.stop_time
    end
  end
  if not from then return end
  local title = name .. " " .. section.label
  reaper.AddProjectMarker2(project.current, true, from, to, title, NEXT_FREE_NUMBER, DEFAULT_COLOUR)
end

--- Writes the sections that are heard in `bars`, those of song_bars.place; `sections` may be missing in a manifest.
function section_regions.write(record, sections, bars)
  clear(record.name)
  for _, section in ipairs(sections or {}) do add(record.name, section, bars) end
end

return section_regions
