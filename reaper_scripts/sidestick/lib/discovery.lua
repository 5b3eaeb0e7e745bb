-- @noindex
-- Where the running sidestick is: daemon.json in the user's state folder.

local files = require("files")
local json = require("json")
local settings = require("settings")

local discovery = {}

--- The value of an environment variable, or nil. On Windows Lua puts ? for letters of other languages.
function discovery.environment(name)
  local value = os.getenv(name)
  return value and value ~= "" and not value:find("?", 1, true) and value or nil
end

--- On Windows the user's own folder. REAPER's folder is in it unless REAPER is a portable one, and REAPER tells it in
-- whatever letters it has.
function discovery.windows_home()
  local home = reaper.GetResourcePath():match("^(.*)[/\\]AppData[/\\]Roaming[/\\]")
  return home or discovery.environment("USERPROFILE") or ""
end

--- On Windows the folder for programs' own files.
function discovery.local_app_data()
  local home = reaper.GetResourcePath():match("^(.*[/\\]AppData)[/\\]Roaming[/\\]")
  return home and files.join(home, "Local") or discovery.environment("LOCALAPPDATA") or ""
end

local function default_state_folder()
  local home = os.getenv("HOME") or ""
  if files.is_windows() then return files.join(discovery.local_app_data(), "sidestick") end
  if files.is_macos() then return files.join(home, "Library", "Application Support", "sidestick") end
  local xdg_folder = os.getenv("XDG_STATE_HOME")
  if xdg_folder and xdg_folder ~= "" then return files.join(xdg_folder, "sidestick") end
  return files.join(home, ".local", "state", "sidestick")
end

--- The user's state folder: as set, as SIDESTICK_STATE_FOLDER says, or the default one.
function discovery.state_folder()
  local setting = settings.get("state_folder")
  if setting ~= "" then return setting end
  return discovery.environment("SIDESTICK_STATE_FOLDER") or default_state_folder()
end

local function is_valid(daemon)
  return type(daemon) == "table" and type(daemon.spool) == "string"
end

-- Its Python can start sidestick again. REAPER writes its file at each call, so only what is new is saved.
local function remember_sender(sender)
  local text = type(sender) == "table" and json.encode(sender)
  if not text or text == reaper.GetExtState("sidestick", "last_sender") then return end
  reaper.SetExtState("sidestick", "last_sender", text, true)
end

--- spool, version and sender of the sidestick that was started last; nil if there is none.
function discovery.find_daemon()
  local text = files.read(files.join(discovery.state_folder(), "daemon.json"))
  local daemon = text and json.decode(text)
  if not is_valid(daemon) then return nil end
  remember_sender(daemon.sender)
  return daemon
end

return discovery
