-- @noindex
-- Corrections of a finished job: one request, then the new notes in all its MIDI items, one undo step each.

local insertion = require("insertion")
local item_state = require("item_state")
local job_notes = require("job_notes")
local json = require("json")
local project = require("project")

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

local function replace_notes(guid, parts, path, step)
  local take = project.find_take(guid)
  if not take then return corrections.GONE end
  local list = {}
  for _, entry in ipairs(takes_of_job(item_state.result(take).job)) do
    local saved = entry.saved
    local notes = parts[saved.part]
    local result = { job = saved.job, part = saved.part, notes = notes, manifest = path, lines = step.lines }
    if notes then list[#list + 1] = { guid = entry.guid, result = result } end
  end
  return insertion.replace(list, step.title)
end

-- `path` is the manifest's.
local function read_notes(client, guid, job, path, step, on_done)
  job_notes.request(client, job, function(parts, problem)
    on_done(problem or replace_notes(guid, parts, path, step), path)
  end)
end

--- Requests `command` (relabel, regenerate, undo, redo) for the job behind the take with this GUID, then puts the new
-- notes into all takes of that job. `step` has the title of the undo step and, if they change, the grid lines that
-- the notes lie on (see insertion.lua). `on_done(problem, manifest)` is called at the end; problem is nil when all
-- went well.
function corrections.request(client, guid, command, args, step, on_done)
  local take = project.find_take(guid)
  if not take then return on_done(corrections.GONE) end
  local job = item_state.result(take).job
  client:request("/sidestick/" .. command, { job, table.unpack(args) }, function(message)
    if message.address == "/sidestick/fail" then return on_done(message.args[4]) end
    read_notes(client, guid, job, message.args[4], step, on_done)
  end)
end

--- The manifest of the result behind the take with this GUID, or nil: a draft has none yet.
function corrections.manifest_of(guid)
  local take = project.find_take(guid)
  local path = take and item_state.result(take).manifest
  return path ~= json.null and path or nil
end

--- Puts the notes of a job as they are now into all takes of the job behind this GUID, one undo step called `title`.
-- `on_done(problem)` is called at the end. A draft is left as it is: its final comes with what was corrected.
function corrections.read_again(client, guid, title, on_done)
  local path = corrections.manifest_of(guid)
  if not path then return on_done() end
  local job = item_state.result(project.find_take(guid)).job
  read_notes(client, guid, job, path, { title = title, lines = json.null }, on_done)
end

return corrections
