-- @noindex
-- Jobs that were requested and whose results were never inserted: REAPER was closed, or the script was stopped.

local item_lease = require("item_lease")
local item_state = require("item_state")
local message_box = require("message_box")
local project = require("project")
local takes = require("takes")

local unfinished_jobs = {}

local function find_jobs(except)
  local jobs, skip = {}, {}
  for _, record in ipairs(except) do skip[record.guid] = true end
  for item in project.items() do
    local spec = item_state.job_spec(item)
    local record = spec and takes.read(item)
    if record and not skip[record.guid] and not item_lease.is_held(record.guid) then
      jobs[#jobs + 1] = { record = record, spec = spec }
    end
  end
  return jobs
end

--- {record, spec} of each job that the user still wants; the others are forgotten. Items in `except` are not offered.
function unfinished_jobs.offer(except)
  local list = {}
  for _, job in ipairs(find_jobs(except)) do
    local question = "%s was asked for (%s), but its result was never inserted. Insert it now?"
    local is_wanted = item_lease.is_left(job.record.guid)
      or message_box.confirm(question:format(job.record.name, job.spec.title))
    if is_wanted then
      list[#list + 1] = job
    else
      item_state.set_job_spec(job.record.item, nil)
    end
  end
  return list
end

return unfinished_jobs
