-- @noindex
-- The sections that sidestick heard, as regions of the project: "Song A", "Song B".

local item_state = require("item_state")
local project = require("project")

local section_regions = {}

local EARLY = 0.05  -- seconds that a bar line of REAPER may lie before the section's own
local DEFAULT_COLOUR, NEXT_FREE_NUMBER = 0, -1

-- Those written for this take before, as long as they have their names; markers and all other regions stay.
local function clear(take, name)
  local index, written = 0, item_state.regions(take)
  while true do
    local found, is_region, _, _, title, number = reaper.EnumProjectMarkers3(project.current, index)
    if found == 0 then return end
    local is_named = title:sub(1, #name + 1) == name .. " " and title:match("^%u%d*$", #name + 2)
    if is_region and written[number] and is_named then
      reaper.DeleteProjectMarkerByIndex(project.current, index)
    else
      index = index + 1
    end
  end
end

-- From the first of its bars that plays to the end of the last one; returns its number, nil if no bar plays.
local function add(name, section, bars)
  local from, to
  for _, bar in ipairs(bars) do
    if bar.second > section.start - EARLY and bar.second < section["end"] - EARLY then
      from, to = from or bar.time, bar.stop_time
    end
  end
  if not from then return nil end
  local title = name .. " " .. section.label
  return reaper.AddProjectMarker2(project.current, true, from, to, title, NEXT_FREE_NUMBER, DEFAULT_COLOUR)
end

--- Writes the sections that are heard in `bars`, those of song_bars.place; `sections` may be missing in a manifest.
function section_regions.write(take, record, sections, bars)
  clear(take, record.name)
  local numbers = {}
  for _, section in ipairs(sections or {}) do numbers[#numbers + 1] = add(record.name, section, bars) end
  item_state.set_regions(take, numbers)
end

return section_regions
