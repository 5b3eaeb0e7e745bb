-- Finds the sidestick program and starts `sidestick run`.

local discovery = require("discovery")
local files = require("files")
local json = require("json")
local quoting = require("quoting")
local settings = require("settings")

local starter = {}

local NO_WAIT = -2

local UNIX = { ".local/bin/sidestick", "/usr/local/bin/sidestick", "/opt/homebrew/bin/sidestick", "/usr/bin/sidestick" }
local WINDOWS = { "USERPROFILE|.local\\bin\\sidestick.exe", "LOCALAPPDATA|Programs\\sidestick\\sidestick.exe" }

-- The Python that ran the last sidestick can run it again: its sender is `python -m bridge.osc.send`.
local function as_before()
  local sender = json.decode(reaper.GetExtState("sidestick", "last_sender"))
  if type(sender) ~= "table" or not sender[1] or not reaper.file_exists(sender[1]) then return nil end
  if sender[2] == "-m" then return { sender[1], "-m", "daemon", "run" } end
  return { sender[1], "run" }
end

local function usual_places()
  local places = {}
  if files.windows() then
    for _, place in ipairs(WINDOWS) do
      local variable, rest = place:match("^(.-)|(.*)$")
      places[#places + 1] = files.join(os.getenv(variable) or "", rest)
    end
    return places
  end
  for index, place in ipairs(UNIX) do
    places[index] = files.beside(os.getenv("HOME") or "", place)
  end
  return places
end

local function found_program()
  local set = settings.get("program")
  if set ~= "" and reaper.file_exists(set) then return { set, "run" } end
  local before = as_before()
  if before then return before end
  for _, place in ipairs(usual_places()) do
    if reaper.file_exists(place) then return { place, "run" } end
  end
end

local function chosen_by_user()
  local chosen, path = reaper.GetUserFileNameForRead("", "Where is sidestick?", files.windows() and "exe" or "")
  if not chosen then return nil end
  settings.set("program", path)
  return { path, "run" }
end

--- Starts sidestick. True, or nil when the user does not know where it is, or a sentence why it could not be started.
function starter.start()
  local words = found_program() or chosen_by_user()
  if not words then return nil end
  local command = quoting.command(words)
  if command and reaper.ExecProcess(command, NO_WAIT) then return true end
  return nil, ("%s cannot be started. Start `sidestick run` in a terminal to see why."):format(words[1])
end

--- Where sidestick says what it does.
function starter.hint()
  return ("sidestick has not answered yet. Start `sidestick run` in a terminal to see why; it looks for %s.")
    :format(files.join(discovery.state_folder(), "daemon.json"))
end

return starter
