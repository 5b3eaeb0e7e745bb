-- @noindex
-- Reads the .mid files that sidestick writes: notes with their times in seconds of the song.

local sorting = require("sorting")

local midi_file = {}

local DEFAULT_TEMPO = 500000  -- microseconds per quarter note

-- A variable-length quantity of the MIDI file format.
local function read_quantity(data, at)
  local number = 0
  repeat
    local byte = data:byte(at)
    number, at = number << 7 | byte & 0x7F, at + 1
  until byte < 0x80
  return number, at
end

local function track_chunks(data)
  local at = 15
  return function()
    local kind, size = data:match("^(MTrk)()", at)
    if not kind then return nil end
    local length = string.unpack(">I4", data, size)
    local body = size + 4
    at = body + length
    return body, body + length
  end
end

local DATA_BYTES = { [0x8] = 2, [0x9] = 2, [0xA] = 2, [0xB] = 2, [0xC] = 1, [0xD] = 1, [0xE] = 2 }

-- Calls `on_event(tick, status, first, second, text)` for each event between `at` and `stop`.
local function read_events(data, at, stop, on_event, yield)
  local tick, status = 0, 0
  while at < stop do
    yield()
    local delta
    delta, at = read_quantity(data, at)
    tick = tick + delta
    if data:byte(at) >= 0x80 then status, at = data:byte(at), at + 1 end
    if status >= 0xF0 then
      local kind = status == 0xFF and data:byte(at) or nil
      local length, body = read_quantity(data, kind and at + 1 or at)
      on_event(tick, status, kind, nil, data:sub(body, body + length - 1))
      at = body + length
    else
      on_event(tick, status, data:byte(at, at + 1))
      at = at + DATA_BYTES[status >> 4]
    end
  end
end

local function add_note_event(track, status, pitch, velocity, tick)
  local key = status & 0xF | pitch << 4
  local note = track.open[key]
  if note then note.last = tick end
  track.open[key] = nil
  if status >> 4 == 0x9 and velocity > 0 then
    note = { first = tick, last = tick, pitch = pitch, velocity = velocity, channel = status & 0xF }
    track.open[key] = note
    track.notes[#track.notes + 1] = note
  end
end

local function event_handler(song, track)
  return function(tick, status, first, second, text)
    if status == 0xFF and first == 0x51 then
      song.tempi[#song.tempi + 1] = { tick = tick, tempo = string.unpack(">I3", text) }
    elseif status >> 4 == 0x8 or status >> 4 == 0x9 then
      add_note_event(track, status, first, second, tick)
    elseif status >> 4 == 0xB or status >> 4 == 0xE then
      song.bends[#song.bends + 1] = { first = tick, status = status, low = first, high = second }
    end
  end
end

local function tempo_points(tempi, ppq)
  table.sort(tempi, function(a, b) return a.tick < b.tick end)
  local points = { { tick = 0, second = 0.0, tempo = DEFAULT_TEMPO } }
  for _, change in ipairs(tempi) do
    local last = points[#points]
    local second = last.second + (change.tick - last.tick) * last.tempo / (ppq * 1e6)
    points[#points + 1] = { tick = change.tick, second = second, tempo = change.tempo }
  end
  return points
end

-- Ticks must come in rising order.
local function tick_to_second(points, ppq)
  local index = 1
  return function(tick)
    while points[index + 1] and points[index + 1].tick <= tick do index = index + 1 end
    local point = points[index]
    return point.second + (tick - point.tick) * point.tempo / (ppq * 1e6)
  end
end

local function set_seconds(notes, field, name, points, ppq, yield)
  sorting.merge_sort(notes, function(a, b) return a[field] < b[field] end, yield)
  local second = tick_to_second(points, ppq)
  for _, note in ipairs(notes) do
    yield()
    note[name] = second(note[field])
  end
end

local function read_song(data, yield)
  local song, notes = { tempi = {}, bends = {} }, {}
  local ppq = string.unpack(">I2", data, 13)
  assert(data:sub(15, 18) == "MTrk")
  for body, stop in track_chunks(data) do
    read_events(data, body, stop, event_handler(song, { open = {}, notes = notes }), yield)
  end
  local points = tempo_points(song.tempi, ppq)
  set_seconds(notes, "last", "stop", points, ppq, yield)
  set_seconds(notes, "first", "onset", points, ppq, yield)
  set_seconds(song.bends, "first", "onset", points, ppq, yield)
  notes.bends = song.bends
  return notes
end

local function subtract_padding(notes, padding)
  for _, note in ipairs(notes) do note.onset, note.stop = note.onset - padding, note.stop - padding end
  for _, bend in ipairs(notes.bends) do bend.onset = bend.onset - padding end
end

--- Notes {onset, stop (seconds of the song), pitch, velocity, channel (0-15)} by onset, or nil and a sentence. Their
-- `bends` are the controllers and pitch bends of the file {onset, status, low, high}. `padding` is what the manifest
-- says: seconds before the song in a file that starts with a bar.
function midi_file.read(data, yield, padding)
  if not data or data:sub(1, 4) ~= "MThd" then return nil, "The MIDI file cannot be read." end
  local ok, notes = pcall(read_song, data, yield or function() end)
  if not ok then return nil, "The MIDI file is damaged." end
  if padding and padding ~= 0 then subtract_padding(notes, padding) end
  return notes
end

return midi_file
