-- Long work in slices, so that REAPER stays responsive: a job is a coroutine that breathes now and then.

local slices = { BUDGET = 0.003 }  -- seconds of each defer cycle

local jobs, resumed = {}, 0

--- Called within long work: hands control back to REAPER when the slice is used up. Elsewhere it does nothing.
function slices.breathe()
  if coroutine.isyieldable() and reaper.time_precise() - resumed > slices.BUDGET then coroutine.yield() end
end

--- Runs `work` in the defer cycles to come.
function slices.start(work)
  jobs[#jobs + 1] = coroutine.create(work)
end

function slices.busy()
  return #jobs > 0
end

--- One slice of the first job. An error in it goes up, with the place where it happened.
function slices.step()
  local job = jobs[1]
  if not job then return end
  resumed = reaper.time_precise()
  local ok, problem = coroutine.resume(job)
  if coroutine.status(job) == "dead" then table.remove(jobs, 1) end
  if not ok then error(debug.traceback(job, tostring(problem)), 0) end
end

return slices
