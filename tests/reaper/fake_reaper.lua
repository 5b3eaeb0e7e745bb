-- A stand-in for REAPER: projects in tables, and the functions that the scripts call, each checked against api.txt.

local checked = require("fake_checks")
local fake_project = require("fake_project")

local fake = {
  ext = {}, writes = {}, boxes = {}, console = {}, answers = {}, commands = {}, consoles = 0, deferred = {},
  cycles = 0, refresh = 0,
  ppq = 960, system = "Other", version = "7.30/linux-x86_64", grid = { 0.25, 0, 0 }, actions = {}, at_exit = {},
  options = 0, toggles = {}, registered = {},
}
local api = {}

fake.project = fake_project.new()
fake.projects, fake.active = { fake.project }, fake.project

--- What tests read of the first project.
setmetatable(fake, { __index = function(_, name)
  if name == "tracks" or name == "selected" or name == "tempo" or name == "undone" then return fake.project[name] end
end })

require("fake_tracks")(fake, api)
require("fake_midi")(fake, api)

-- The program around the project

local function project_of(pointer)
  return pointer == 0 and fake.active or pointer
end

function api.Undo_BeginBlock2(project)
  assert(not fake.block, "a block within a block")
  fake.block = project_of(project)
end

function api.Undo_EndBlock2(project, name)
  assert(fake.block == project_of(project) and fake.refresh == 0, "the display is held")
  assert(not fake.is_layout_stale and not fake.is_timeline_stale, "the display is not what the project is")
  fake.block = nil
  project_of(project):add_state(name)
end

function api.PreventUIRefresh(count) fake.refresh = fake.refresh + count end
function api.UpdateArrange() end

local PLAY_OR_STOP = 40044

function api.Main_OnCommandEx(command, _, project)
  table.insert(fake.actions, command)
  if command == PLAY_OR_STOP then fake.played_from = not fake.played_from and fake.cycles or nil end
  assert(project_of(project))
end

function api.ColorToNative(red, green, blue) return red | green << 8 | blue << 16 end
function api.GetOS() return fake.system end
function api.GetAppVersion() return fake.version end
function api.GetResourcePath() return fake.resources end
function api.GetMousePosition() return 10, 10 end
function api.get_action_context() return false, fake.script, 0, 7, 0, 0, 0.0, "" end

-- A script that has never deferred gets an undo point of REAPER's own when it ends.
function api.defer(work)
  fake.has_deferred = true
  table.insert(fake.deferred, work)
  return true
end

function api.atexit(work) table.insert(fake.at_exit, work) end

local CLOSES, TOGGLE_ON, TOGGLE_OFF = 1, 4, 8

function api.set_action_options(flags)
  fake.options = flags & 3
  if flags & TOGGLE_ON ~= 0 then fake.toggles[#fake.toggles + 1] = true end
  if flags & TOGGLE_OFF ~= 0 then fake.toggles[#fake.toggles + 1] = false end
end

--- The script ends, on its own or because it was run again.
function fake.end_script()
  local calls = fake.at_exit
  fake.deferred, fake.at_exit = {}, {}
  for index = #calls, 1, -1 do calls[index]() end
  if not fake.has_deferred then fake.active:add_state("ReaScript: " .. fake.script:match("[^/]+$")) end
end

--- The user runs the action while it runs. True when it is to be started anew.
function fake.run_again()
  if fake.options & CLOSES == 0 then
    table.insert(fake.boxes, "ReaScript task control")
    return false
  end
  local again = fake.options & 2 ~= 0
  fake.end_script()
  fake.options, fake.has_deferred = 0, false
  return again
end

function api.AddRemoveReaScript(add, section, path)
  assert(add and io.open(path, "rb"), "there is no such script")
  table.insert(fake.registered, { path = path, section = section })
  return 50000 + #fake.registered
end

function api.EnumerateFiles(path, index)
  local listing = io.popen(("ls '%s'"):format(path))
  for name in listing:lines() do
    if index == 0 then
      listing:close()
      return name
    end
    index = index - 1
  end
  listing:close()
end

function api.ReverseNamedCommandLookup(command) return ("RS%04x"):format(command) end

function api.genGuid()
  local source = io.open("/dev/urandom", "rb")
  local bytes = source:read(16)
  source:close()
  return "{" .. bytes:gsub(".", function(byte) return ("%02X"):format(byte:byte()) end) .. "}"
end

function api.ShowMessageBox(text, _, kind)
  table.insert(fake.boxes, text)
  if kind == 0 then return 1 end
  return table.remove(fake.answers, 1) == "yes" and 6 or 7
end

function api.ShowConsoleMsg(text)
  table.insert(fake.console, text)
end

function api.GetUserInputs(_, count, captions, values)
  fake.form = { count = count, captions = captions, values = values }
  return fake.filled ~= nil, fake.filled or ""
end

function api.GetCursorPositionEx()
  return fake.cursor
end

function api.GetPlayStateEx() return fake.played_from and 1 or 0 end

-- Playing starts at the edit cursor, and a cycle takes a thirtieth of a second.
function api.GetPlayPositionEx()
  return fake.cursor + (fake.played_from and (fake.cycles - fake.played_from) / 30 or 0)
end

function api.GetUserFileNameForRead()
  return fake.picked ~= nil, fake.picked or ""
end

-- What is to persist is written to a file at once.
function api.SetExtState(section, key, value, persist)
  local name = section .. "/" .. key
  fake.ext[name] = { value = value, persist = persist }
  if persist then fake.writes[name] = (fake.writes[name] or 0) + 1 end
end

function api.GetExtState(section, key)
  local entry = fake.ext[section .. "/" .. key]
  return entry and entry.value or ""
end

function api.DeleteExtState(section, key) fake.ext[section .. "/" .. key] = nil end

function api.file_exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

function api.RecursiveCreateDirectory(path) return os.execute(("mkdir -p '%s'"):format(path)) and 1 or 0 end

--- One cycle takes a thirtieth of a second, and what its own work takes.
function api.time_precise() return fake.cycles / 30 + os.clock() end

--- The arguments of a command line as REAPER splits it here: quotes of one kind hold the other kind.
function fake.split_command_line(line)
  local words, at = {}, 1
  while true do
    at = line:find("%S", at)
    if not at then return words end
    local mark = line:match("^['\"]", at)
    local stop = mark and line:find(mark, at + 1, true) or line:find("%s", at) or #line + 1
    words[#words + 1] = line:sub(mark and at + 1 or at, stop - 1)
    at = stop + 1
  end
end

local function quote_for_shell(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- On Windows a program that writes to a console gets one, whatever its caller wishes.
function api.ExecProcess(line, timeout)
  assert(timeout < 0, "REAPER would stand still")
  table.insert(fake.commands, line)
  local words = fake.split_command_line(line)
  local has_window = not words[1]:find("w%.exe$")
  if fake.system:find("^Win") and has_window then fake.consoles = fake.consoles + 1 end
  for index, word in ipairs(words) do words[index] = quote_for_shell(word) end
  os.execute(table.concat(words, " ") .. " >/dev/null 2>&1 &")
  return "0\n"
end

--- Lua's own functions on Windows: they take and give text in the system's code page, so that other names are lost.
function fake.use_ansi()
  local get, rename, remove = os.getenv, os.rename, os.remove
  local function is_plain(path) return not path:find("[\x80-\xff]") end
  os.getenv = function(name)
    local value = get(name)
    return value and (value:gsub("[\xC0-\xff][\x80-\xbf]*", "?"))
  end
  os.rename = function(from, to)
    if is_plain(from) and is_plain(to) then return rename(from, to) end
    return nil, "No such file or directory"
  end
  os.remove = function(path)
    if is_plain(path) then return remove(path) end
    return nil, "No such file or directory"
  end
end

local NEWER_THAN_644 = { "set_action_options", "InsertTrackInProject" }

--- The table `reaper`; an old REAPER, of version 6, lacks some of its functions.
function fake.reaper_table()
  return checked(api, fake.version:find("^6") and NEWER_THAN_644 or {})
end

return fake
