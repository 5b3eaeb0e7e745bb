-- The open project: its items, and changes that one Ctrl-Z takes back.

local project = {}

local ALL_STATES = -1

--- Each item of the project, to be used in a for loop.
function project.items()
  local index = -1
  return function()
    index = index + 1
    return reaper.GetMediaItem(0, index)
  end
end

--- Whether an item is still in the project.
function project.has_item(item)
  return reaper.ValidatePtr2(0, item, "MediaItem*")
end

--- Runs `change` with REAPER's display held; an error in it leaves REAPER as it should be, and goes up.
function project.undo_block(name, change)
  reaper.Undo_BeginBlock2(0)
  reaper.PreventUIRefresh(1)
  local ok, result = xpcall(change, debug.traceback)
  reaper.PreventUIRefresh(-1)
  reaper.Undo_EndBlock2(0, "sidestick: " .. name, ALL_STATES)
  reaper.UpdateArrange()
  if not ok then error(result, 0) end
  return result
end

return project
