-- Run by Ardour's Lua shell, without sound and without a window.
-- "make FOLDER BPM": a session at one tempo with an empty MIDI track.
-- "read FOLDER": prints "note PITCH VELOCITY SAMPLE", with tabs, for each note of the session, where its tempo puts it.

local mode, folder, bpm = arg[1], arg[2], tonumber(arg[3])
local RATE = 48000

local function make()
  local session = assert(create_session(folder, "song", RATE), "Ardour made no session")
  local one = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
  session:new_midi_track(
    one, one, true, ARDOUR.PluginInfo(), nil, nil, 1, "Drums",
    ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)
  local map = Temporal.TempoMap.fetch_writable()
  map:set_tempo(Temporal.Tempo(bpm, bpm, 4), Temporal.timepos_t(0))
  Temporal.TempoMap.update(map)
  session:save_state("", false, false, false, false, false)
end

local function sample_of(beats)
  local beat, tick = tostring(beats):match("^(%d+):(%d+)$")
  return Temporal.timepos_t.from_ticks(beat * Temporal.ticks_per_beat + tick):samples()
end

local function tell(track)
  for region in track:playlist():region_list():iter() do
    for note in ARDOUR.LuaAPI.note_list(region:to_midiregion():model()):iter() do
      print("note", note:note(), note:velocity(), region:position():samples() + sample_of(note:time()))
    end
  end
end

local function read()
  local session = assert(load_session(folder, "song"), "Ardour did not load the session")
  for route in session:get_routes():iter() do
    local track = route:to_track()
    if not track:isnil() and not track:to_midi_track():isnil() then tell(track) end
  end
end

AudioEngine:set_backend("None (Dummy)", "", "")
if mode == "make" then make() else read() end
print("end of " .. mode)
quit()
