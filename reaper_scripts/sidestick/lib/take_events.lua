-- @noindex
-- From notes in seconds of a file to the events of a MIDI take.

local project = require("project")
local sorting = require("sorting")

local take_events = {}

local SHORTEST = 0.002  -- seconds
local PPQ = 960         -- what REAPER gives a new item if nobody has changed it
local TICK = 1 / PPQ   -- quarter notes
local TOLERANCE = 0.01     -- ticks
local PITCH_BEND = 0xE
local NOTE_ON, NOTE_OFF, ALL_NOTES_OFF = 0x90, 0x80, string.char(0xB0, 123, 0)

--- Where `song_notes` sound in the project: {time, stop, pitch, velocity, channel, hit}, by time.
function take_events.to_project_time(song_notes, map, yield)
  local placed = {}
  for _, note in ipairs(song_notes) do
    yield()
    local length = math.max(SHORTEST, (note.stop - note.onset) / map:speed(note.onset))
    for _, time in ipairs(map:times(note.onset)) do
      placed[#placed + 1] = {
        time = time, stop = time + length, pitch = note.pitch, velocity = note.velocity, channel = note.channel,
        selected = note.selected,
      }
    end
  end
  return sorting.merge_sort(placed, function(a, b) return a.time < b.time end, yield)
end

--- Adds `first` and `last`, the quarter notes of the project's own tempo map at which each note starts and stops.
function take_events.add_quarter_notes(placed, shift, yield)
  for _, note in ipairs(placed) do
    yield()
    note.first = reaper.TimeMap2_timeToQN(project.current, note.time + shift)
    note.last = reaper.TimeMap2_timeToQN(project.current, note.stop + shift)
  end
  return placed
end

-- Of two notes of a pitch at one place the louder stays, and a note ends before the next one of its pitch starts.
local function resolve_overlaps(notes, yield)
  local resolved, last_of = {}, {}
  for _, note in ipairs(notes) do
    yield()
    local key = note.pitch << 4 | note.channel
    local previous = last_of[key]
    if previous and note.first - previous.first < TICK then
      previous.velocity = math.max(previous.velocity, note.velocity)
    else
      if previous then previous.last = math.min(previous.last, note.first) end
      note.last = math.max(note.last, note.first + 2 * TICK)
      resolved[#resolved + 1], last_of[key] = note, note
    end
  end
  return resolved
end

local OFF, BEND, ON = 0, 1, 2  -- at one place a note ends before the next one is bent or struck

local function note_event(quarter, status, note, velocity)
  local bytes = string.char(status | note.channel, note.pitch, velocity)
  local rank = status == NOTE_OFF and OFF or ON
  return { quarter = quarter, flag = note.selected and 1 or 0, bytes = bytes, rank = rank }
end

local function is_earlier(a, b)
  if a.quarter ~= b.quarter then return a.quarter < b.quarter end
  return a.rank < b.rank
end

-- A controller or a program before the song sets up an instrument, whichever part of the song the item plays.
local function is_set_up(message)
  return message.onset <= 0 and message.bytes:byte() >> 4 ~= PITCH_BEND
end

--- Controllers, programs and pitch bends of a song as events of a take: what sets up an instrument goes to its start.
function take_events.message_events(messages, map, shift, yield)
  local events = {}
  for _, message in ipairs(messages) do
    yield()
    local times = is_set_up(message) and { map.position } or map:times(message.onset)
    for _, time in ipairs(times) do
      local quarter = reaper.TimeMap2_timeToQN(project.current, time + shift)
      events[#events + 1] = { quarter = quarter, flag = 0, bytes = message.bytes, rank = BEND }
    end
  end
  return events
end

--- Adds the events of notes to those in `events`; all of them in the order in which a take holds them.
function take_events.add_note_events(notes, events, yield)
  for _, note in ipairs(resolve_overlaps(notes, yield)) do
    yield()
    events[#events + 1] = note_event(note.first, NOTE_ON, note, note.velocity)
    events[#events + 1] = note_event(note.last, NOTE_OFF, note, 0)
  end
  return sorting.merge_sort(events, is_earlier, yield)
end

--- The last tick of a take: where its end event stands.
function take_events.end_tick(take, yield)
  local _, data = reaper.MIDI_GetAllEvts(take, "")
  local at, tick = 1, 0
  while at <= #data do
    yield()
    local delta
    delta, _, _, at = string.unpack("i4Bs4", data, at)
    tick = tick + delta
  end
  return tick
end

--- The events of a take with the project times at which they are, its end event among them.
function take_events.read_times(take)
  local _, data = reaper.MIDI_GetAllEvts(take, "")
  local events, at, tick = {}, 1, 0
  while at <= #data do
    local delta, flag, bytes
    delta, flag, bytes, at = string.unpack("i4Bs4", data, at)
    tick = tick + delta
    events[#events + 1] = { time = reaper.MIDI_GetProjTimeFromPPQPos(take, tick), flag = flag, bytes = bytes }
  end
  return events
end

--- Puts events back to their project times, after a change of the project's tempo.
function take_events.write_times(take, events)
  local scale, parts, last_tick = take_events.tick_scale(take), {}, 0
  for index, event in ipairs(events) do
    local quarter = reaper.TimeMap2_timeToQN(project.current, event.time)
    local tick = math.max(last_tick, math.floor(scale.zero + quarter * scale.step + 0.5))
    parts[index], last_tick = string.pack("i4Bs4", tick - last_tick, event.flag, event.bytes), tick
  end
  reaper.MIDI_SetAllEvts(take, table.concat(parts))
  reaper.MIDI_Sort(take)
end

--- The scale of a take: its tick at the project's first quarter note, and ticks in one. They rise evenly with quarter
-- notes, so two of them say where all the others are.
function take_events.tick_scale(take)
  local zero = reaper.MIDI_GetPPQPosFromProjQN(take, 0)
  return { zero = zero, step = reaper.MIDI_GetPPQPosFromProjQN(take, 1) - zero }
end

--- The scale of a take that is to start at project time `from`, unless the user has changed REAPER's resolution.
function take_events.default_tick_scale(from)
  return { zero = -PPQ * reaper.TimeMap2_timeToQN(project.current, from), step = PPQ }
end

--- Events as the bytes of a take, without its end event. This is the slow part.
function take_events.pack(events, scale, yield)
  local parts, last_tick, floor, pack = {}, 0, math.floor, string.pack
  local zero, step = scale.zero, scale.step
  for index = 1, #events do
    yield()
    local event = events[index]
    local tick = floor(zero + event.quarter * step + 0.5)
    if tick < last_tick then tick = last_tick end
    parts[index], last_tick = pack("i4Bs4", tick - last_tick, event.flag, event.bytes), tick
  end
  return { events = events, scale = scale, bytes = table.concat(parts), last = last_tick }
end

local function is_same_scale(packed, scale)
  local own = packed.scale
  return math.abs(own.zero - scale.zero) < TOLERANCE and math.abs(own.step - scale.step) < TOLERANCE / 1000
end

--- Puts packed events into a take in place of all that it holds.
function take_events.write(take, packed, end_tick)
  local scale = take_events.tick_scale(take)
  if not is_same_scale(packed, scale) then packed = take_events.pack(packed.events, scale, function() end) end
  local last = string.pack("i4Bs4", math.max(0, end_tick - packed.last), 0, ALL_NOTES_OFF)
  reaper.MIDI_SetAllEvts(take, packed.bytes .. last)
  reaper.MIDI_Sort(take)
end

return take_events
