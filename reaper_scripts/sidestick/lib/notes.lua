-- From notes in seconds of a file to the events of a MIDI take.

local sorting = require("sorting")

local notes = {}

local SHORTEST = 0.002  -- seconds
local PPQ = 960         -- what REAPER gives a new item if nobody has changed it
local TICK = 1 / PPQ   -- quarter notes
local CLOSE = 0.01     -- ticks
local CONTROL = 0xB
local NOTE_ON, NOTE_OFF, ALL_NOTES_OFF = 0x90, 0x80, string.char(0xB0, 123, 0)

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
  return sorting.sorted(found, function(a, b) return a.time < b.time end, breathe)
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

-- Of two notes of a pitch at one place the louder stays, and a note ends before the next one of its pitch starts.
local function one_by_one(counted, breathe)
  local kept, last_of = {}, {}
  for _, note in ipairs(counted) do
    breathe()
    local key = note.pitch << 4 | note.channel
    local before = last_of[key]
    if before and note.first - before.first < TICK then
      before.velocity = math.max(before.velocity, note.velocity)
    else
      if before then before.last = math.min(before.last, note.first) end
      note.last = math.max(note.last, note.first + 2 * TICK)
      kept[#kept + 1], last_of[key] = note, note
    end
  end
  return kept
end

local OFF, BEND, ON = 0, 1, 2  -- at one place a note ends before the next one is bent or struck

local function event(quarter, status, note, velocity)
  local bytes = string.char(status | note.channel, note.pitch, velocity)
  local rank = status == NOTE_OFF and OFF or ON
  return { quarter = quarter, flag = note.selected and 1 or 0, bytes = bytes, rank = rank }
end

local function earlier(a, b)
  if a.quarter ~= b.quarter then return a.quarter < b.quarter end
  return a.rank < b.rank
end

--- Controllers and pitch bends of a file as events of a take: what sets up an instrument goes to the item's start.
function notes.bends(heard, map, shift, breathe)
  local events = {}
  for _, bend in ipairs(heard.bends or {}) do
    breathe()
    local times = bend.status >> 4 == CONTROL and { map.position } or map:times(bend.onset)
    for _, time in ipairs(times) do
      local quarter = reaper.TimeMap2_timeToQN(0, time + shift)
      local bytes = string.char(bend.status, bend.low, bend.high)
      events[#events + 1] = { quarter = quarter, flag = 0, bytes = bytes, rank = BEND }
    end
  end
  return events
end

--- The events of counted notes, with those that are in `events` already, in the order in which a take holds them.
function notes.events(counted, events, breathe)
  for _, note in ipairs(one_by_one(counted, breathe)) do
    breathe()
    events[#events + 1] = event(note.first, NOTE_ON, note, note.velocity)
    events[#events + 1] = event(note.last, NOTE_OFF, note, 0)
  end
  return sorting.sorted(events, earlier, breathe)
end

--- The last tick of a take: where the event stands that closes it.
function notes.closing(take, breathe)
  local _, data = reaper.MIDI_GetAllEvts(take, "")
  local at, tick = 1, 0
  while at <= #data do
    breathe()
    local delta
    delta, _, _, at = string.unpack("i4Bs4", data, at)
    tick = tick + delta
  end
  return tick
end

--- How a take counts: its tick at the project's first quarter note, and ticks in one. They rise evenly with quarter
-- notes, so two of them say where all the others are.
function notes.ruler(take)
  local zero = reaper.MIDI_GetPPQPosFromProjQN(take, 0)
  return { zero = zero, step = reaper.MIDI_GetPPQPosFromProjQN(take, 1) - zero }
end

--- How a take will count that is to start at project time `from`, unless the user has changed REAPER's resolution.
function notes.expected_ruler(from)
  return { zero = -PPQ * reaper.TimeMap2_timeToQN(0, from), step = PPQ }
end

--- Events as the bytes of a take, without the one that closes it. This is the slow part.
function notes.packed(events, ruler, breathe)
  local parts, now, floor, pack = {}, 0, math.floor, string.pack
  local zero, step = ruler.zero, ruler.step
  for index = 1, #events do
    breathe()
    local found = events[index]
    local tick = floor(zero + found.quarter * step + 0.5)
    if tick < now then tick = now end
    parts[index], now = pack("i4Bs4", tick - now, found.flag, found.bytes), tick
  end
  return { events = events, ruler = ruler, bytes = table.concat(parts), last = now }
end

local function fits(packed, ruler)
  local there = packed.ruler
  return math.abs(there.zero - ruler.zero) < CLOSE and math.abs(there.step - ruler.step) < CLOSE / 1000
end

--- Puts packed events into a take in place of all that it holds.
function notes.write(take, packed, closing)
  local ruler = notes.ruler(take)
  if not fits(packed, ruler) then packed = notes.packed(packed.events, ruler, function() end) end
  local last = string.pack("i4Bs4", math.max(0, closing - packed.last), 0, ALL_NOTES_OFF)
  reaper.MIDI_SetAllEvts(take, packed.bytes .. last)
  reaper.MIDI_Sort(take)
end

return notes
