-- @noindex
-- What sidestick wrote for a job, as the daemon lists it: the notes of each part in seconds of the song.

local files = require("files")
local json = require("json")
local sorting = require("sorting")
local time_slicing = require("time_slicing")

local job_notes = {}

local function add_notes(notes, rows)
  for _, row in ipairs(rows) do
    time_slicing.yield()
    local onset, duration, pitch, velocity, channel = table.unpack(row)
    notes[#notes + 1] = {
      onset = onset, stop = onset + duration, pitch = pitch, velocity = velocity, channel = channel - 1,
    }
  end
end

local function add_messages(messages, rows)
  for _, row in ipairs(rows) do
    time_slicing.yield()
    messages[#messages + 1] = { onset = row[1], bytes = string.char(table.unpack(row, 2)) }
  end
end

local function read_parts(tracks)
  local parts = {}
  for _, track in ipairs(tracks) do
    local notes = parts[track.part] or { messages = {} }
    add_notes(notes, track.notes.rows)
    add_messages(notes.messages, track.messages)
    parts[track.part] = notes
  end
  for _, notes in pairs(parts) do
    sorting.merge_sort(notes, function(a, b) return a.onset < b.onset end, time_slicing.yield)
  end
  return parts
end

--- Requests the notes of a job, of its draft if there is no more yet. `on_result(parts, problem)` gets {part = notes},
-- or nil and a sentence: notes {onset, stop, pitch, velocity, channel (0-15)} by onset, their `messages` the bends,
-- controllers and programs {onset, bytes}. It is called in a time slice.
function job_notes.request(client, job, on_result)
  client:request("/sidestick/notes", { job }, function(message)
    time_slicing.start(function()
      if message.address == "/sidestick/fail" then return on_result(nil, message.args[4]) end
      local text = json.text_before(files.read(message.args[3]) or "", "notes")
      local content = json.decode(text, time_slicing.yield)
      if type(content) ~= "table" then return on_result(nil, "sidestick's list of notes cannot be read. Try again.") end
      on_result(read_parts(content.tracks))
    end)
  end)
end

local FIELDS = { "onset", "stop", "pitch", "velocity", "channel", "bytes" }

local function are_same_rows(a, b)
  if #a ~= #b then return false end
  for index, row in ipairs(a) do
    time_slicing.yield()
    for _, field in ipairs(FIELDS) do
      if row[field] ~= b[index][field] then return false end
    end
  end
  return true
end

--- Whether two lists of notes sound the same.
function job_notes.is_same(a, b)
  return are_same_rows(a, b) and are_same_rows(a.messages, b.messages)
end

return job_notes
