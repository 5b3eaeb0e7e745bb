-- From notes in seconds of a file to the events of a MIDI take.

local notes = {}

local SHORTEST = 0.002  -- seconds
local NOTE_ON, NOTE_OFF = 0x90, 0x80

--- Where `heard` notes sound in the project: {time, stop, pitch, velocity, channel, hit}, by time.
function notes.placed(heard, map, breathe)
  local found = {}
  for _, note in ipairs(heard) do
    breathe()
    local length = math.max(SHORTEST, (note.stop - note.onset) / map:speed(note.onset))
    for _, time in ipairs(map:times(note.onset)) do
      found[#found + 1] = {
        time = time, stop = time + length, pitch = note.pitch, velocity = note.velocity, channel = note.channel,
        selected = note.selected,
      }
    end
  end
  table.sort(found, function(a, b) return a.time < b.time end)
  return found
end

--- Adds `first` and `last`, the quarter notes of the project's own tempo map at which each note starts and stops.
function notes.counted(placed, shift, breathe)
  for _, note in ipairs(placed) do
    breathe()
    note.first = reaper.TimeMap2_timeToQN(0, note.time + shift)
    note.last = reaper.TimeMap2_timeToQN(0, note.stop + shift)
  end
  return placed
end

-- Ticks rise evenly with quarter notes, so two of them say where all the others are.
local function ticks_of(take)
  local zero = reaper.MIDI_GetPPQPosFromProjQN(take, 0)
  local step = reaper.MIDI_GetPPQPosFromProjQN(take, 1) - zero
  return function(quarter) return math.floor(zero + quarter * step + 0.5) end
end

local function add(events, tick, order, flag, bytes)
  events[#events + 1] = { tick = tick, order = order, flag = flag, bytes = bytes }
end

-- A note ends before the next one of its pitch starts.
local function add_note(events, note, tick_of, ends)
  local first = math.max(0, tick_of(note.first))
  local last = math.max(first + 1, tick_of(note.last))
  local key = note.pitch << 4 | note.channel
  local before = ends[key]
  if before and before.tick > first then before.tick = first end
  local flag = note.selected and 1 or 0
  add(events, first, 2, flag, string.char(NOTE_ON | note.channel, note.pitch, note.velocity))
  add(events, last, 1, flag, string.char(NOTE_OFF | note.channel, note.pitch, 0))
  ends[key] = events[#events]
end

local function packed(events, closing)
  local parts, now = {}, 0
  for index, event in ipairs(events) do
    parts[index] = string.pack("i4Bs4", event.tick - now, event.flag, event.bytes)
    now = event.tick
  end
  parts[#parts + 1] = string.pack("i4Bs4", math.max(0, closing - now), 0, string.char(0xB0, 123, 0))
  return table.concat(parts)
end

local function earlier(a, b)
  if a.tick ~= b.tick then return a.tick < b.tick end
  return a.order < b.order
end

--- The last tick of a take: where the event stands that closes it.
function notes.closing(take)
  local _, data = reaper.MIDI_GetAllEvts(take, "")
  local at, tick = 1, 0
  while at <= #data do
    local delta
    delta, _, _, at = string.unpack("i4Bs4", data, at)
    tick = tick + delta
  end
  return tick
end

--- Puts counted notes into a take in place of all its events.
function notes.write(take, counted, closing)
  local events, ends, tick_of = {}, {}, ticks_of(take)
  for _, note in ipairs(counted) do add_note(events, note, tick_of, ends) end
  table.sort(events, earlier)
  reaper.MIDI_SetAllEvts(take, packed(events, closing))
  reaper.MIDI_Sort(take)
end

return notes
