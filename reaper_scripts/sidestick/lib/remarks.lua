-- @noindex
-- What sidestick remarks on a song that was done all the same. It goes to REAPER's console, once for each song.

local remarks = {}

-- A box tells of the other separator, and these scripts place the notes themselves: nobody has to import a tempo map.
local ELSEWHERE = { other_separator = true, tempo_map = true }

local CHOICES = {
  half = "Half the bpm", double = "Double the bpm",
  ["in two thirds"] = "Two thirds of the bpm", ["in three halves"] = "Three halves of the bpm",
}

local function spell_bpm(bpm, way)
  local choice = CHOICES[way]
  if choice then return ("; Correct the beat, %s, makes it %s."):format(choice, bpm) end
  return ("; Correct the beat, Bpm ..., %s counts it %s."):format(bpm, way)
end

--- What a remark says to do, in REAPER's words: an action and its menu instead of options.
function remarks.spell(text)
  text = text:gsub(" Set one, as with bpm=%d+%.", " The action Correct the beat sets one.")
  text = text:gsub("; bpm=([%d.]+) counts it ([%a ]+)%.", spell_bpm)
  local first = "; the next best is at %1 s. The action Correct the beat puts bar 1 at the edit cursor."
  text = text:gsub("; downbeat=([%d.]+) puts one there, the next best place%.", first)
  local meter = "; the next best is %1, which the action Correct the beat sets."
  return (text:gsub("; meter=([%d/]+) counts them otherwise, the next best%.", meter))
end

--- Adds a remark to the list of a job.
function remarks.add(list, code, text)
  if not ELSEWHERE[code] then list[#list + 1] = remarks.spell(text) end
end

--- Shows a job's remarks under the name of its song.
function remarks.show(name, list)
  for _, text in ipairs(list) do
    local line = text:find(name, 1, true) and text or ("%s: %s"):format(name, text)
    reaper.ShowConsoleMsg("sidestick: " .. line .. "\n")
  end
end

return remarks
