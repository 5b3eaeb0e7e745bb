-- Where the running sidestick is: daemon.json in the user's state folder.

local files = require("files")
local json = require("json")
local settings = require("settings")

local discovery = {}

local function windows_folder()
  local places = os.getenv("LOCALAPPDATA")
  if places and places ~= "" then return places end
  local roaming = reaper.GetResourcePath():match("^(.*)[/\\]Roaming[/\\]")
  return roaming and files.join(roaming, "Local")
end

local function usual_folder()
  local home = os.getenv("HOME") or ""
  if files.windows() then return files.join(windows_folder() or "", "sidestick") end
  if files.macos() then return files.join(home, "Library", "Application Support", "sidestick") end
  local chosen = os.getenv("XDG_STATE_HOME")
  if chosen and chosen ~= "" then return files.join(chosen, "sidestick") end
  return files.join(home, ".local", "state", "sidestick")
end

--- The user's state folder: as set, as SIDESTICK_STATE_FOLDER says, or the usual one.
function discovery.state_folder()
  local set, said = settings.get("state_folder"), os.getenv("SIDESTICK_STATE_FOLDER")
  if set ~= "" then return set end
  if said and said ~= "" then return said end
  return usual_folder()
end

local function complete(found)
  return type(found) == "table" and math.type(found.osc_port) == "integer" and type(found.spool) == "string"
    and type(found.sender) == "table" and type(found.sender[1]) == "string"
end

--- pid, osc_port, spool, version and sender of the sidestick that was started last; nil if there is none.
function discovery.running()
  local text = files.read(files.join(discovery.state_folder(), "daemon.json"))
  local found = text and json.decode(text)
  if not complete(found) then return nil end
  reaper.SetExtState("sidestick", "last_sender", json.encode(found.sender), true)
  return found
end

return discovery
