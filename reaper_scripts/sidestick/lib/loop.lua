-- What runs between two of REAPER's own cycles, as long as there is something to do.

local slices = require("slices")

local loop = {}

--- Calls `step` and one slice of long work in each defer cycle, until `step` returns false and no work is left.
function loop.run(step, finish)
  local function cycle()
    slices.step()
    if step() or slices.busy() then return reaper.defer(cycle) end
    if finish then finish() end
  end
  cycle()
end

return loop
