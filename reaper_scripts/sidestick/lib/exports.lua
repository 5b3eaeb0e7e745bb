-- @noindex
-- Export: the selected item's song as a file for another program, from a menu that the daemon fills.

local Connection = require("connection")
local files = require("files")
local item_state = require("item_state")
local json = require("json")
local message_box = require("message_box")
local mouse_menu = require("mouse_menu")
local quoting = require("quoting")
local relabel = require("relabel")
local time_slicing = require("time_slicing")

local exports = {}

local NO_ITEM = "Select an item that sidestick has made MIDI of first."
local NO_LIST = "sidestick's list of exports cannot be read. Try again."
local NO_WAIT = -2

-- What shows a file among the others of its folder; elsewhere than on Windows and macOS only the folder is shown.
local function show_command(path)
  if files.is_windows() then return { "explorer.exe", "/select," .. path } end
  if files.is_macos() then return { "/usr/bin/open", "-R", path } end
  return { "xdg-open", files.folder(path) }
end

local function show_file(path)
  local command = quoting.command_line(show_command(path))
  if command then reaper.ExecProcess(command, NO_WAIT) end
end

local function offer_to_show(path)
  if path == "" then return message_box.show("The file is written beside the song.") end
  local question = "%s is written. Show it in its folder?"
  if message_box.confirm(question:format((files.name(path)))) then show_file(path) end
end

local function request_export(client, job, name)
  client:request("/sidestick/export", { job, name }, function(message)
    if message.address == "/sidestick/fail" then return message_box.show(message.args[4]) end
    offer_to_show(message.args[3])
  end)
end

-- A row is greyed out where this song cannot have it.
local function menu(rows)
  local titles = {}
  for index, row in ipairs(rows) do
    titles[index] = ("%s%s: %s"):format(row.objection ~= "" and "#" or "", row.ending, row.caption)
  end
  return table.concat(titles, "|")
end

local function choose(client, job, text)
  local rows = json.decode(text or "")
  if type(rows) ~= "table" then return message_box.show(NO_LIST) end
  local row = rows[mouse_menu.choose(menu(rows))]
  if row then request_export(client, job, row.name) end
end

--- Exports the song of the selected item as the user chooses, or says why it cannot.
function exports.run()
  local take = relabel.midi_take()
  if not take then return message_box.show(NO_ITEM) end
  local job = item_state.result(take).job
  local connection = Connection.new(function(client)
    client:request("/sidestick/exports", { job }, function(message)
      if message.address == "/sidestick/fail" then return message_box.show(message.args[4]) end
      choose(client, job, files.read(message.args[3]))
    end)
  end)
  time_slicing.run_loop(function() return connection:step() end)
end

return exports
