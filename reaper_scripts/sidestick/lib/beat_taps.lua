-- @noindex
-- The beat of the selected item as the user taps it: sidestick counts the taps, and four even ones set it.

local Connection = require("connection")
local corrections = require("corrections")
local insertion = require("insertion")
local item_state = require("item_state")
local message_box = require("message_box")
local project = require("project")
local TapWindow = require("tap_window")
local time_slicing = require("time_slicing")

local beat_taps = {}

local PLAYING = 1
local NO_PLACE = -1.0  -- sidestick takes the time at which it reads the tap
local ENOUGH = 4       -- taps that set the beat
local BAD_TAP = "bad_tap"

-- The second of the file that is heard now, or NO_PLACE while the item does not play.
local function second_heard(take)
  if reaper.GetPlayStateEx(project.current) & PLAYING == 0 then return NO_PLACE end
  local time = reaper.GetPlayPositionEx(project.current) - insertion.shift_of(take)
  local map = insertion.record_of_take(take).map
  if time < map.position or time > map.position + map.length then return NO_PLACE end
  return map:second(time)
end

local function tap_text(taps, bpm)
  if bpm <= 0 then return "1 tap" end
  return ("%d taps, %s bpm"):format(taps, (("%.3f"):format(bpm):gsub("%.?0+$", "")))
end

-- The taps have set the beat when they made a revision; the first answer of a tapping says which one is older.
local function is_new(session, taps, revision)
  local before = session.revision
  session.revision = revision
  if before then return revision ~= before end
  return taps >= ENOUGH
end

-- Taps that are no beat are told in the window; with anything else it closes.
local function show_failure(window, code, sentence)
  if code == BAD_TAP then
    window.text = sentence
  elseif window.is_open then
    window:close()
    message_box.show(sentence)
  end
end

local function read_answer(session, client, message)
  local window = session.window
  if message.address == "/sidestick/fail" then return show_failure(window, message.args[3], message.args[4]) end
  local taps, bpm, revision = table.unpack(message.args, 3, 5)
  window.text = tap_text(taps, bpm)
  if not is_new(session, taps, revision) then return end
  session.is_set = true
  corrections.read_again(client, session.guid, "tap the beat", function(problem)
    if problem then show_failure(window, nil, problem) end
  end)
end

local function send_tap(session, client)
  local take = project.find_take(session.guid)
  if not take then return show_failure(session.window, nil, corrections.GONE) end
  local job = item_state.result(take).job
  client:request("/sidestick/tap", { job, second_heard(take) }, function(message)
    read_answer(session, client, message)
  end)
end

--- Opens the window for the job of this take. Once it is closed, `on_set(manifest)` is called if the taps set the beat.
function beat_taps.run(guid, on_set)
  local session = { guid = guid }
  local connection = Connection.new(function(client)
    session.window = TapWindow.new(function() send_tap(session, client) end)
  end)
  time_slicing.run_loop(function()
    local is_waiting = connection:step()
    if session.window then session.window:step() end
    return is_waiting or session.window ~= nil and session.window.is_open
  end, function()
    local path = session.is_set and corrections.manifest_of(guid)
    if path then on_set(path) end
  end)
end

return beat_taps
