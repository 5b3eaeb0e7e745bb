-- @noindex
-- What sidestick remarks on a song that was done all the same. It goes to REAPER's console, once for each song.

local remarks = {}

-- A box tells of the other separator, and these scripts place the notes themselves: nobody has to import a tempo map.
local ELSEWHERE = { other_separator = true, tempo_map = true }

--- Adds a remark to the list of a job.
function remarks.add(list, code, text)
  if not ELSEWHERE[code] then list[#list + 1] = text end
end

--- Shows a job's remarks under the name of its song.
function remarks.show(name, list)
  for _, text in ipairs(list) do
    local line = text:find(name, 1, true) and text or ("%s: %s"):format(name, text)
    reaper.ShowConsoleMsg("sidestick: " .. line .. "\n")
  end
end

return remarks
