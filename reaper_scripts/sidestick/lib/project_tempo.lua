-- @noindex
-- Set project tempo from the item: REAPER's bar lines on the bars that sidestick heard. All items stay where they are.

local chord_track = require("chord_track")
local insertion = require("insertion")
local item_state = require("item_state")
local manifest = require("manifest")
local message_box = require("message_box")
local project = require("project")
local relabel = require("relabel")
local section_regions = require("section_regions")
local song_bars = require("song_bars")
local take_events = require("take_events")
local takes = require("takes")
local time_slicing = require("time_slicing")

local project_tempo = {}

local BY_TIME = 0  -- C_BEATATTACHMODE
local TOLERANCE = 0.001  -- seconds that a bar line may be off before it gets a marker of its own

local function bpm_of(quarters, seconds)
  return 60 * quarters / seconds
end

-- The markers for the bars: one where the meter changes, and where going on at the same tempo would miss the next line.
local function bar_markers(bars)
  local markers, last = {}, nil
  for _, bar in ipairs(bars) do
    local has_meter = not last or last.numerator ~= bar.numerator or last.denominator ~= bar.denominator
    local line = last and last.line
    local expected = line and line + 60 * bar.quarters / last.bpm
    if has_meter or math.abs(line - bar.time) > TOLERANCE or math.abs(expected - bar.stop_time) > TOLERANCE then
      local bpm = bpm_of(bar.quarters, bar.stop_time - bar.time)
      last = { time = bar.time, bpm = bpm, numerator = bar.numerator, denominator = bar.denominator,
        has_meter = has_meter, line = bar.stop_time }
      markers[#markers + 1] = last
    else
      last.line = expected
    end
  end
  return markers
end

-- From the project's start to the first bar: whole bars, or one bar of fewer beats, at about the song's own tempo.
local function lead_in(bar)
  local length = bar.stop_time - bar.time
  local count = math.floor(bar.time / length + 0.5)
  if count >= 1 then
    local bpm = bpm_of(bar.quarters * count, bar.time)
    return { time = 0.0, bpm = bpm, numerator = bar.numerator, denominator = bar.denominator, has_meter = true }
  end
  local beats = math.floor(bar.time / length * bar.numerator + 0.5)
  if beats < 1 then return nil end
  local bpm = bpm_of(beats * 4 / bar.denominator, bar.time)
  return { time = 0.0, bpm = bpm, numerator = beats, denominator = bar.denominator, has_meter = true }
end

local function read_marker(index)
  local _, time, _, _, bpm, numerator, denominator, linear = reaper.GetTempoTimeSigMarker(project.current, index)
  return { time = time, bpm = bpm, numerator = numerator, denominator = denominator, linear = linear,
    has_meter = numerator > 0 }
end

local function add_marker(marker)
  local numerator = marker.has_meter and marker.numerator or 0
  local denominator = marker.has_meter and marker.denominator or 0
  reaper.SetTempoTimeSigMarker(project.current, -1, marker.time, -1, -1, marker.bpm, numerator, denominator,
    marker.linear or false)
end

-- What lies before the item's first bar and behind its last one stays, in seconds too.
local function replace_markers(bars)
  local start, stop = bars[1].time - TOLERANCE, bars[#bars].stop_time - TOLERANCE
  local later, has_earlier = {}, false
  for index = reaper.CountTempoTimeSigMarkers(project.current) - 1, 0, -1 do
    local marker = read_marker(index)
    has_earlier = has_earlier or marker.time > TOLERANCE and marker.time < start
    if marker.time >= stop then table.insert(later, 1, marker) end
    if marker.time >= start or not has_earlier then
      reaper.DeleteTempoTimeSigMarker(project.current, index)
    end
  end
  local first = not has_earlier and bars[1].time > TOLERANCE and lead_in(bars[1]) or nil
  if first then add_marker(first) end
  for _, marker in ipairs(bar_markers(bars)) do add_marker(marker) end
  for _, marker in ipairs(later) do add_marker(marker) end
end

-- All items follow time while the tempo changes, and get their own time base back afterwards.
local function hold_items()
  local held = {}
  for item in project.items() do
    local mode = reaper.GetMediaItemInfo_Value(item, "C_BEATATTACHMODE")
    if mode ~= BY_TIME then
      held[#held + 1] = { item = item, mode = mode }
      reaper.SetMediaItemInfo_Value(item, "C_BEATATTACHMODE", BY_TIME)
    end
  end
  return held
end

-- Notes lie at beats, so those that sidestick made are put back to where their sounds are.
local function read_notes()
  local list = {}
  for _, entry in ipairs(item_state.results()) do
    list[#list + 1] = { take = entry.take, events = take_events.read_times(entry.take) }
  end
  return list
end

local function change_tempo(bars)
  local notes, held = read_notes(), hold_items()
  replace_markers(bars)
  reaper.UpdateTimeline()
  for _, entry in ipairs(held) do
    reaper.SetMediaItemInfo_Value(entry.item, "C_BEATATTACHMODE", entry.mode)
  end
  for _, entry in ipairs(notes) do take_events.write_times(entry.take, entry.events) end
end

-- The record of the audio as it plays now; without it, as it did when its notes were made.
local function source_of(take)
  local record, saved = insertion.record_of_take(take)
  local audio = project.find_item(saved.source)
  return audio and takes.read(audio) or record
end

local function set_tempo(guid, content)
  local take = project.find_take(guid)
  if not take then return "The MIDI item is gone; run Drums to MIDI again." end
  local bars = song_bars.read(content.grid)
  if not bars then return "sidestick heard no beat in this song, so there is no tempo to set." end
  local source = source_of(take)
  local placed = song_bars.place(bars, source.map)
  if #placed == 0 then return "No bar begins while this item plays. Make it longer, then run the action again." end
  project.undo_block("set project tempo", function()
    change_tempo(placed)
    chord_track.write(source, content.harmony)
    section_regions.write(take, source, content.sections, placed)
  end)
end

--- Sets the tempo for the selected item, or says why it cannot.
function project_tempo.run()
  local take = relabel.midi_take()
  if not take then return message_box.show("Select an item that sidestick has made MIDI of first.") end
  local guid, path = project.take_guid(take), item_state.result(take).manifest
  time_slicing.start(function()
    local content, problem = manifest.read(path, time_slicing.yield)
    if content then
      project.wait_for_tab()
      problem = project.is_open() and set_tempo(guid, content) or nil
    end
    if problem then message_box.show(problem) end
  end)
  time_slicing.run_loop(function() return false end)
end

return project_tempo
