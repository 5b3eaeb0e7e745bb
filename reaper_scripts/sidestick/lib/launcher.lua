-- @noindex
-- Finds the sidestick program; starts `sidestick run`, and opens its page.

local discovery = require("discovery")
local files = require("files")
local json = require("json")
local quoting = require("quoting")
local settings = require("settings")

local launcher = {}

local NO_WAIT = -2

local UNIX_PATHS = {
  ".local/bin/sidestick", "/usr/local/bin/sidestick", "/opt/homebrew/bin/sidestick", "/usr/bin/sidestick",
}

-- The program of the same name that opens no console, where there is one: python.exe and pythonw.exe.
local function windowless(path)
  local quiet = path:gsub("%.exe$", "w.exe")
  return files.is_windows() and reaper.file_exists(quiet) and quiet or path
end

-- The Python that ran the last sidestick can run it again: its sender is `python -P -m bridge.osc.send`.
local function last_command()
  local sender = json.decode(reaper.GetExtState("sidestick", "last_sender"))
  if type(sender) ~= "table" or not sender[1] or not reaper.file_exists(sender[1]) then return nil end
  if sender[2] == "-P" or sender[2] == "-m" then return { windowless(sender[1]), "-P", "-m", "daemon" } end
  return { windowless(sender[1]) }
end

local function default_paths()
  if files.is_windows() then
    return {
      files.join(discovery.windows_home(), ".local", "bin", "sidestick.exe"),
      files.join(discovery.local_app_data(), "Programs", "sidestick", "sidestick.exe"),
    }
  end
  local paths = {}
  for index, path in ipairs(UNIX_PATHS) do
    paths[index] = files.resolve(os.getenv("HOME") or "", path)
  end
  return paths
end

local function find_command()
  local setting = settings.get("program")
  if setting ~= "" and reaper.file_exists(setting) then return { windowless(setting) } end
  local last = last_command()
  if last then return last end
  for _, path in ipairs(default_paths()) do
    if reaper.file_exists(path) then return { windowless(path) } end
  end
end

local function ask_for_program()
  local ok, path = reaper.GetUserFileNameForRead("", "Where is sidestick?", files.is_windows() and "exe" or "")
  if not ok then return nil end
  settings.set("program", path)
  return { windowless(path) }
end

-- True, or nil when the user does not know where sidestick is, or nil and a sentence why it could not be started.
local function execute(verb)
  local arguments = find_command() or ask_for_program()
  if not arguments then return nil end
  arguments[#arguments + 1] = verb
  local command = quoting.command_line(arguments)
  if command and reaper.ExecProcess(command, NO_WAIT) then return true end
  return nil, ("%s cannot be started. Start `sidestick %s` in a terminal to see why."):format(arguments[1], verb)
end

--- Starts sidestick. True, or nil when the user does not know where it is, or nil and a sentence.
function launcher.start()
  return execute("run")
end

--- Opens sidestick's page in the browser, as `sidestick review` does. True, or nil and perhaps a sentence.
function launcher.open_page()
  return execute("review")
end

--- What to do when sidestick does not answer after its start.
function launcher.failure_hint()
  return ("sidestick has not answered yet. Start `sidestick run` in a terminal to see why; it looks for %s.")
    :format(files.join(discovery.state_folder(), "daemon.json"))
end

return launcher
