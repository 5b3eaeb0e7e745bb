-- The short actions: push, stop, cancel, regenerate, settings and start.

local Connection = require("connection")
local discovery = require("discovery")
local edits = require("edits")
local files = require("files")
local grid = require("grid")
local insertion = require("insertion")
local json = require("json")
local kept = require("kept")
local loop = require("loop")
local Post = require("post")
local relabel = require("relabel")
local say = require("say")
local settings = require("settings")
local slices = require("slices")
local starter = require("starter")
local tempo_map = require("tempo_map")

local commands = {}

local NO_ITEM = "Select an item that sidestick has made MIDI of first."

local function connected(work)
  local connection = Connection.new(work)
  loop.run(function() return connection:step() end)
end

local function shown(message)
  if message.address == "/sidestick/fail" then say.sorry(message.args[4]) end
end

-- Which parts of a job are selected; none when only its audio is, which stands for all of them.
local function selected_parts(job)
  local parts = {}
  for index = 0, reaper.CountSelectedMediaItems(0) - 1 do
    local made = kept.made(reaper.GetSelectedMediaItem(0, index))
    if made and made.job == job then parts[#parts + 1] = made.part end
  end
  return #parts > 0 and parts or nil
end

--- Plays the selected items' notes on sidestick's MIDI port, now.
function commands.push()
  local item = relabel.item()
  if not item then return say.sorry(NO_ITEM) end
  local job = kept.made(item).job
  local options = Post.options({ when = "now", parts = selected_parts(job) })
  connected(function(post) post:ask("/sidestick/push", { job, options }, shown) end)
end

function commands.stop()
  connected(function(post) post:ask("/sidestick/stop", {}, shown) end)
end

local ACTIVE = { queued = true, running = true, drafted = true }

local function active(rows)
  local found = {}
  for _, row in ipairs(rows) do
    if ACTIVE[row.state] then found[#found + 1] = row end
  end
  return found
end

local function cancel_all(post, rows)
  if #rows == 0 then return say.sorry("sidestick has nothing to do, so there is nothing to cancel.") end
  local others = #rows > 1 and (" and %d more"):format(#rows - 1) or ""
  if not say.ask(("Cancel %s%s?"):format(files.name(rows[1].path), others)) then return end
  for _, row in ipairs(rows) do post:ask("/sidestick/cancel", { row.job }, shown) end
end

--- Cancels all that waits or runs, after a question that says how much it is.
function commands.cancel()
  connected(function(post)
    post:ask("/sidestick/jobs", { 200 }, function(message)
      if message.address == "/sidestick/fail" then return shown(message) end
      local rows = json.decode(files.read(message.args[2]) or "")
      if type(rows) ~= "table" then return say.sorry("sidestick's list of jobs cannot be read. Try again.") end
      cancel_all(post, active(rows))
    end)
  end)
end

local function regenerate(post, item, lines, words)
  local record = insertion.remembered(item)
  slices.start(function()
    words.tempo_map = tempo_map.marks(record.map, insertion.moved(item), slices.breathe)
    local how = { title = "regenerate with REAPER's grid", grid = lines }
    edits.ask(post, item, "regenerate", { Post.options({ grid = words }) }, how, function(problem)
      if problem then say.sorry(problem) end
    end)
  end)
end

--- The selected item's notes moved to the lines of REAPER's own grid, tempo and meter.
function commands.regenerate()
  local item = relabel.item()
  if not item then return say.sorry(NO_ITEM) end
  local lines = grid.of_project()
  local words, problem = grid.words(lines)
  if not words then return say.sorry(problem) end
  words.quantize, words.strength = true, 1
  connected(function(post) regenerate(post, item, lines, words) end)
end

local function captions()
  local labels, values = {}, {}
  for index, field in ipairs(settings.FIELDS) do
    labels[index], values[index] = field.label, settings.get(field.name)
  end
  return table.concat(labels, ",") .. ",extrawidth=180,separator=\n", table.concat(values, "\n")
end

local function split(text)
  local values = {}
  for value in (text .. "\n"):gmatch("(.-)\n") do values[#values + 1] = value end
  return values
end

--- One form with all settings. What does not work is refused with a sentence, and the rest is kept.
function commands.settings()
  local labels, values = captions()
  local ok, text = reaper.GetUserInputs("sidestick settings", #settings.FIELDS, labels, values)
  if not ok then return end
  local problems, given = {}, split(text)
  for index, field in ipairs(settings.FIELDS) do
    local value = (given[index] or ""):match("^%s*(.-)%s*$")
    local problem = settings.problem(field.name, value)
    if problem then problems[#problems + 1] = problem else settings.set(field.name, value) end
  end
  say.all(problems)
end

local function tell_version(post)
  post:ask("/sidestick/ping", {}, function(message)
    say.sorry(("sidestick %s runs."):format(message.args[3]))
  end)
end

--- Starts sidestick if it is not there, and says which version answers.
function commands.start()
  if discovery.running() then return connected(tell_version) end
  local started, problem = starter.start()
  if not started then return problem and say.sorry(problem) end
  connected(tell_version)
end

return commands
