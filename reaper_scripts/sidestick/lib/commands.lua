-- @noindex
-- The short actions: push, stop, cancel, regenerate, settings and start.

local Client = require("client")
local Connection = require("connection")
local corrections = require("corrections")
local discovery = require("discovery")
local files = require("files")
local grid = require("grid")
local insertion = require("insertion")
local item_state = require("item_state")
local json = require("json")
local launcher = require("launcher")
local message_box = require("message_box")
local project = require("project")
local relabel = require("relabel")
local settings = require("settings")
local tempo_map = require("tempo_map")
local time_slicing = require("time_slicing")

local commands = {}

local NO_ITEM = "Select an item that sidestick has made MIDI of first."

local function with_client(work)
  local connection = Connection.new(work)
  time_slicing.run_loop(function() return connection:step() end)
end

local function show_failure(message)
  if message.address == "/sidestick/fail" then message_box.show(message.args[4]) end
end

-- Which parts of a job are selected; none when only its audio is, which stands for all of them.
local function selected_parts(job)
  local parts = {}
  for item in project.selected_items() do
    local take = item_state.take_of_item(item)
    local result = take and item_state.result(take)
    if result and result.job == job then parts[#parts + 1] = result.part end
  end
  return #parts > 0 and parts or nil
end

--- Plays the selected items' notes on sidestick's MIDI port, now.
function commands.push()
  local take = relabel.midi_take()
  if not take then return message_box.show(NO_ITEM) end
  local job = item_state.result(take).job
  local options = Client.encode_options({ when = "now", parts = selected_parts(job) })
  with_client(function(client) client:request("/sidestick/push", { job, options }, show_failure) end)
end

function commands.stop_playback()
  with_client(function(client) client:request("/sidestick/stop", {}, show_failure) end)
end

local ACTIVE = { queued = true, running = true, drafted = true }

local function active_jobs(rows)
  local active = {}
  for _, row in ipairs(rows) do
    if ACTIVE[row.state] then active[#active + 1] = row end
  end
  return active
end

local function cancel_all(client, rows)
  if #rows == 0 then return message_box.show("sidestick has nothing to do, so there is nothing to cancel.") end
  local others = #rows > 1 and (" and %d more"):format(#rows - 1) or ""
  if not message_box.confirm(("Cancel %s%s?"):format(files.name(rows[1].path), others)) then return end
  for _, row in ipairs(rows) do client:request("/sidestick/cancel", { row.job }, show_failure) end
end

--- Cancels all that waits or runs, after a question that says how much it is.
function commands.cancel_jobs()
  with_client(function(client)
    client:request("/sidestick/jobs", { 200 }, function(message)
      if message.address == "/sidestick/fail" then return show_failure(message) end
      local rows = json.decode(files.read(message.args[2]) or "")
      if type(rows) ~= "table" then return message_box.show("sidestick's list of jobs cannot be read. Try again.") end
      cancel_all(client, active_jobs(rows))
    end)
  end)
end

local function regenerate(client, guid, lines, options)
  local take = project.find_take(guid)
  if not take then return message_box.show(NO_ITEM) end
  local record, shift = insertion.record_of_take(take), insertion.shift_of(take)
  time_slicing.start(function()
    local changes = tempo_map.tempo_changes(record.map, shift, time_slicing.yield)
    local step = { title = "regenerate with REAPER's grid", lines = lines }
    local args = { Client.encode_options({ grid = options, tempo_map = changes }) }
    corrections.request(client, guid, "regenerate", args, step, function(problem)
      if problem then message_box.show(problem) end
    end)
  end)
end

--- The selected item's notes moved to the lines of REAPER's own grid, tempo and meter.
function commands.regenerate()
  local take = relabel.midi_take()
  if not take then return message_box.show(NO_ITEM) end
  local lines = grid.project_lines()
  local options, problem = grid.grid_options(lines)
  if not options then return message_box.show(problem) end
  options.quantize, options.strength = true, 1
  local guid = project.take_guid(take)
  with_client(function(client) regenerate(client, guid, lines, options) end)
end

local function form_fields()
  local labels, values = {}, {}
  for index, field in ipairs(settings.FIELDS) do
    labels[index], values[index] = field.label, settings.get(field.name)
  end
  return table.concat(labels, ",") .. ",extrawidth=180,separator=\n", table.concat(values, "\n")
end

local function split_lines(text)
  local values = {}
  for value in (text .. "\n"):gmatch("(.-)\n") do values[#values + 1] = value end
  return values
end

--- One form with all settings. What does not work is refused with a sentence, and the rest is saved.
function commands.edit_settings()
  local labels, values = form_fields()
  local ok, text = reaper.GetUserInputs("sidestick settings", #settings.FIELDS, labels, values)
  if not ok then return end
  local problems, entries = {}, split_lines(text)
  for index, field in ipairs(settings.FIELDS) do
    local value = (entries[index] or ""):match("^%s*(.-)%s*$")
    local problem = settings.problem(field.name, value)
    if problem then problems[#problems + 1] = problem else settings.set(field.name, value) end
  end
  message_box.show_all(problems)
end

local function show_version(client)
  client:request("/sidestick/ping", {}, function(message)
    message_box.show(("sidestick %s runs."):format(message.args[3]))
  end)
end

--- Starts sidestick if it is not there, and says which version answers.
function commands.start_daemon()
  if discovery.find_daemon() then return with_client(show_version) end
  local started, problem = launcher.start()
  if not started then return problem and message_box.show(problem) end
  with_client(show_version)
end

return commands
