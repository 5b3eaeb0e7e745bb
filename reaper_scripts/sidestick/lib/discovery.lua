-- Where the running sidestick is: daemon.json in the user's state folder.

local files = require("files")
local json = require("json")
local settings = require("settings")

local discovery = {}

local function local_app_data()
  local folder = os.getenv("LOCALAPPDATA")
  if folder and folder ~= "" then return folder end
  local roaming = reaper.GetResourcePath():match("^(.*)[/\\]Roaming[/\\]")
  return roaming and files.join(roaming, "Local")
end

local function default_state_folder()
  local home = os.getenv("HOME") or ""
  if files.is_windows() then return files.join(local_app_data() or "", "sidestick") end
  if files.is_macos() then return files.join(home, "Library", "Application Support", "sidestick") end
  local xdg_folder = os.getenv("XDG_STATE_HOME")
  if xdg_folder and xdg_folder ~= "" then return files.join(xdg_folder, "sidestick") end
  return files.join(home, ".local", "state", "sidestick")
end

--- The user's state folder: as set, as SIDESTICK_STATE_FOLDER says, or the default one.
function discovery.state_folder()
  local setting, variable = settings.get("state_folder"), os.getenv("SIDESTICK_STATE_FOLDER")
  if setting ~= "" then return setting end
  if variable and variable ~= "" then return variable end
  return default_state_folder()
end

local function is_valid(daemon)
  return type(daemon) == "table" and math.type(daemon.osc_port) == "integer" and type(daemon.spool) == "string"
    and type(daemon.sender) == "table" and type(daemon.sender[1]) == "string"
end

--- pid, osc_port, spool, version and sender of the sidestick that was started last; nil if there is none.
function discovery.find_daemon()
  local text = files.read(files.join(discovery.state_folder(), "daemon.json"))
  local daemon = text and json.decode(text)
  if not is_valid(daemon) then return nil end
  reaper.SetExtState("sidestick", "last_sender", json.encode(daemon.sender), true)
  return daemon
end

return discovery
