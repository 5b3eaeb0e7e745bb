-- @noindex
-- Long work in time slices, so that REAPER stays responsive: a task is a coroutine that yields when its slice is over.

local time_slicing = { BUDGET = 0.003 }  -- seconds of each defer cycle

local tasks, resumed_at = {}, 0

--- Called within long work: hands control back to REAPER when the slice is used up. Elsewhere it does nothing.
function time_slicing.yield()
  if coroutine.isyieldable() and reaper.time_precise() - resumed_at > time_slicing.BUDGET then coroutine.yield() end
end

--- Runs `work` in the defer cycles to come.
function time_slicing.start(work)
  tasks[#tasks + 1] = coroutine.create(work)
end

function time_slicing.is_busy()
  return #tasks > 0
end

--- One slice of the first task. An error in it goes up, with the place where it happened.
function time_slicing.step()
  local task = tasks[1]
  if not task then return end
  resumed_at = reaper.time_precise()
  local ok, problem = coroutine.resume(task)
  if coroutine.status(task) == "dead" then table.remove(tasks, 1) end
  if not ok then error(debug.traceback(task, tostring(problem)), 0) end
end

--- Calls `step` and runs one slice in each defer cycle, until `step` returns false and no task is left.
function time_slicing.run_loop(step, on_end)
  local function cycle()
    time_slicing.step()
    if step() or time_slicing.is_busy() then return reaper.defer(cycle) end
    if on_end then on_end() end
  end
  cycle()
end

return time_slicing
