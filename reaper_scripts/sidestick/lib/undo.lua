-- One change of the project that one Ctrl-Z takes back.

local undo = {}

local EVERYTHING = -1

--- Runs `change` with REAPER's display held; an error in it leaves REAPER as it should be, and goes up.
function undo.block(name, change)
  reaper.Undo_BeginBlock2(0)
  reaper.PreventUIRefresh(1)
  local ok, result = xpcall(change, debug.traceback)
  reaper.PreventUIRefresh(-1)
  reaper.Undo_EndBlock2(0, "sidestick: " .. name, EVERYTHING)
  reaper.UpdateArrange()
  if not ok then error(result, 0) end
  return result
end

return undo
