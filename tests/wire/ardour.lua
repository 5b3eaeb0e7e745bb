-- Run by Ardour's Lua shell: a session with one armed MIDI track, which asks sidestick for a push and records it.
-- Arguments: a folder for the session, sidestick's OSC port, the seconds to record.
-- Prints "note PITCH VELOCITY BEAT:TICK", with tabs, for each note of the take (1920 ticks to a beat, 120 bpm).

local folder, osc_port, seconds = arg[1], arg[2], tonumber(arg[3])
local RATE = 48000

local function wait_until(what, true_now)
  for _ = 1, 1000 do
    if true_now() then return end
    ARDOUR.LuaAPI.usleep(10000)
  end
  error("Ardour waited 10 seconds in vain until " .. what)
end

local function midi_track(session)
  local one = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
  local made = session:new_midi_track(
    one, one, true, ARDOUR.PluginInfo(), nil, nil, 1, "Drums",
    ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)
  return made:front():to_track()
end

local function record(session, track)
  assert(track:input():nth(0):connect("sidestick:out") == 0, "Ardour cannot connect to sidestick:out")
  track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
  session:maybe_enable_record()
  session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
  wait_until("it records", function()
    return session:actively_recording() and session:transport_sample() > RATE / 10
  end)
end

local function ask_sidestick()
  local sidestick = ARDOUR.LuaOSC.Address("osc.udp://127.0.0.1:" .. osc_port)
  sidestick:send("/sidestick/relabel", "sss", "ardour 1", "j1", '{"clusters": {"0": "snare"}}')
  sidestick:send("/sidestick/push", "sss", "ardour 2", "j1", '{"when": "now"}')
end

local function stop(session, track)
  local stop_at = session:transport_sample() + seconds * RATE
  wait_until("the clip is over", function() return session:transport_sample() > stop_at end)
  session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
  wait_until("it stands still", function() return not session:transport_rolling() end)
  wait_until("the take is on the track", function() return not track:playlist():region_list():empty() end)
end

local function tell(track)
  for region in track:playlist():region_list():iter() do
    for note in ARDOUR.LuaAPI.note_list(region:to_midiregion():model()):iter() do
      print("note", note:note(), note:velocity(), note:time())
    end
  end
end

AudioEngine:set_backend("JACK", "ardour", "") -- before the session: it is made for the engine's rate
local session = assert(create_session(folder, "take", RATE), "Ardour made no session")
local track = midi_track(session)
record(session, track)
ask_sidestick()
stop(session, track)
tell(track)
print("end of take")
quit()
