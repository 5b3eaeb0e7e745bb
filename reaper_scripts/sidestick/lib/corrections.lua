-- @noindex
-- Corrections of a finished job: one request, then the new notes in all its MIDI items, one undo step each.

local files = require("files")
local insertion = require("insertion")
local item_state = require("item_state")
local json = require("json")
local manifest = require("manifest")
local midi_file = require("midi_file")
local project = require("project")
local time_slicing = require("time_slicing")

local corrections = { GONE = "The MIDI item is gone; run Drums to MIDI again." }

-- {guid, saved} of each take that holds a part of the job.
local function takes_of_job(job)
  local list = {}
  for _, entry in ipairs(item_state.results()) do
    local saved = entry.result
    if saved.job == job then list[#list + 1] = { guid = project.take_guid(entry.take), saved = saved } end
  end
  return list
end

local function read_result(entry, answer, paths, step)
  local saved = entry.saved
  local path = paths[saved.part]
  if not path then return nil end
  local notes, problem = midi_file.read(files.read(path), time_slicing.yield, answer.padding)
  local result = { job = saved.job, part = saved.part, notes = notes, manifest = answer.manifest, lines = step.lines }
  return notes and { guid = entry.guid, result = result }, problem
end

local function replace_notes(guid, answer, step)
  local content, manifest_problem = manifest.read(answer.manifest, time_slicing.yield)
  if not content then return manifest_problem end
  local take = project.find_take(guid)
  if not take then return corrections.GONE end
  local list, paths = {}, manifest.midi_paths(content, answer.manifest)
  answer.padding = content.padding
  for _, result_take in ipairs(takes_of_job(item_state.result(take).job)) do
    local entry, problem = read_result(result_take, answer, paths, step)
    if problem then return problem end
    list[#list + 1] = entry
  end
  return insertion.replace(list, step.title)
end

--- Requests `command` (relabel, regenerate, undo, redo) for the job behind the take with this GUID, then puts the new
-- notes into all takes of that job. `step` has the title of the undo step and, if they change, the grid lines that
-- the notes lie on (see insertion.lua). `on_done(problem, manifest)` is called at the end; problem is nil when all
-- went well.
function corrections.request(client, guid, command, args, step, on_done)
  local take = project.find_take(guid)
  if not take then return on_done(corrections.GONE) end
  client:request("/sidestick/" .. command, { item_state.result(take).job, table.unpack(args) }, function(message)
    if message.address == "/sidestick/fail" then return on_done(message.args[4]) end
    local answer = { manifest = message.args[4] }
    time_slicing.start(function() on_done(replace_notes(guid, answer, step), answer.manifest) end)
  end)
end

--- The manifest of the result behind the take with this GUID, or nil: a draft has none yet.
function corrections.manifest_of(guid)
  local take = project.find_take(guid)
  local path = take and item_state.result(take).manifest
  return path ~= json.null and path or nil
end

--- Puts the notes that are on disk now into all takes of the job behind this GUID, one undo step called `title`.
-- `on_done(problem)` is called at the end. A draft is left as it is: its final comes with what was corrected.
function corrections.read_again(guid, title, on_done)
  local path = corrections.manifest_of(guid)
  if not path then return on_done() end
  local step = { title = title, lines = json.null }
  time_slicing.start(function() on_done(replace_notes(guid, { manifest = path }, step)) end)
end

return corrections
