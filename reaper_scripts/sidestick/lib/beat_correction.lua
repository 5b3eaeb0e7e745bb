-- @noindex
-- Correct the beat: bpm, meter and bar 1 of the selected item, from a menu at the mouse.

local beat_taps = require("beat_taps")
local Client = require("client")
local Connection = require("connection")
local corrections = require("corrections")
local insertion = require("insertion")
local json = require("json")
local manifest = require("manifest")
local message_box = require("message_box")
local mouse_menu = require("mouse_menu")
local project = require("project")
local relabel = require("relabel")
local time_slicing = require("time_slicing")

local beat_correction = {}

local NO_BPM = "Type the bpm as a number above 0, as in 119.8."
local NO_METER = "Type the meter as in 3/4, 7/8 or 12/8."
local NO_BAR = "Put the edit cursor on the first beat of a bar while the item plays, then choose this again."

-- What the user types, or nil where the form was cancelled.
local function ask(label)
  local ok, text = reaper.GetUserInputs("sidestick: correct the beat", 1, label .. ",extrawidth=60,separator=\n", "")
  return ok and text:match("^%s*(.-)%s*$") or nil
end

local function typed_bpm()
  local text = ask("Bpm")
  if not text then return nil end
  local bpm = tonumber((text:gsub(",", ".")))
  if not bpm or bpm <= 0 or bpm == math.huge then return nil, NO_BPM end
  return { bpm = bpm }
end

local function typed_meter()
  local text = ask("Meter")
  if not text then return nil end
  local numerator, denominator = text:match("^(%d%d?)%s*/%s*(%d%d?)$")
  if not numerator then return nil, NO_METER end
  return { meter = numerator .. "/" .. denominator }
end

-- Bar 1 at the second of the file that is heard at the edit cursor.
local function bar_at_cursor(take)
  local record = insertion.record_of_take(take)
  local time = reaper.GetCursorPositionEx(project.current) - insertion.shift_of(take)
  local map = record.map
  if time < map.position or time > map.position + map.length then return nil, NO_BAR end
  return { downbeat = math.floor(map:second(time) * 1e6 + 0.5) / 1e6 }
end

local function word(value)
  return function() return { bpm = value } end
end

-- A choice has what asks for its options, or opens a window of its own.
local CHOICES = {
  { "Half the bpm", word("half") },
  { "Double the bpm", word("double") },
  { "Two thirds of the bpm", word("two_thirds") },
  { "Three halves of the bpm", word("three_halves") },
  { "Bpm ...", typed_bpm },
  { "Tap ...", opens = beat_taps.run },
  { "Meter ...", typed_meter },
  { "Bar 1 is at the edit cursor", bar_at_cursor },
}

local function menu()
  local titles = {}
  for index, choice in ipairs(CHOICES) do titles[index] = choice[1] end
  return table.concat(titles, "|")
end

local DONE = "The beat is now %s bpm in %d/%d. Set project tempo from the item puts it into the project."

local function show_beat(path)
  local content, problem = manifest.read(path, time_slicing.yield)
  if not content then return message_box.show(problem) end
  local grid = content.grid
  local bpm = ("%.3f"):format(grid.bpm):gsub("%.?0+$", "")
  message_box.show(DONE:format(bpm, grid.numerator, grid.denominator))
end

local function request(client, guid, options)
  local step = { title = "correct the beat", lines = json.null }
  corrections.request(client, guid, "regenerate", { Client.encode_options(options) }, step, function(problem, path)
    if problem then return message_box.show(problem) end
    show_beat(path)
  end)
end

--- Corrects the beat of the selected item as the user chooses, or says why it cannot.
function beat_correction.run()
  local take = relabel.midi_take()
  if not take then return message_box.show("Select an item that sidestick has made MIDI of first.") end
  local choice = CHOICES[mouse_menu.choose(menu())]
  if not choice then return end
  local guid = project.take_guid(take)
  if choice.opens then return choice.opens(guid, show_beat) end
  local options, problem = choice[2](take)
  if not options then return problem and message_box.show(problem) end
  local connection = Connection.new(function(client) request(client, guid, options) end)
  time_slicing.run_loop(function() return connection:step() end)
end

return beat_correction
