-- @noindex
-- The project whose tab was in front when the action was run: its items and tracks, and changes that one Ctrl-Z takes
-- back. A job may end while another tab is in front, or none.

local project = {
  current = reaper.EnumProjects(-1),
  CLOSED = "The project was closed, so nothing was inserted. Open it and run the action once more.",
}

local ALL_STATES, WITH_DEFAULTS = -1, 1

--- Whether the project has not been closed meanwhile.
function project.is_open()
  return reaper.ValidatePtr2(0, project.current, "ReaProject*")
end

--- Each item of the project, to be used in a for loop.
function project.items()
  local index = -1
  return function()
    index = index + 1
    return project.is_open() and reaper.GetMediaItem(project.current, index) or nil
  end
end

--- Each selected item of the project, to be used in a for loop.
function project.selected_items()
  local index = -1
  return function()
    index = index + 1
    return reaper.GetSelectedMediaItem(project.current, index)
  end
end

function project.item_guid(item)
  return select(2, reaper.GetSetMediaItemInfo_String(item, "GUID", "", false))
end

--- The item with this GUID, or nil. An undo makes items anew, so that no pointer outlives it.
function project.find_item(guid)
  for item in project.items() do
    if project.item_guid(item) == guid then return item end
  end
end

--- Each take of an item, to be used in a for loop.
function project.takes(item)
  local index, count = -1, reaper.CountTakes(item)
  return function()
    index = index + 1
    return index < count and reaper.GetTake(item, index) or nil
  end
end

function project.take_guid(take)
  return select(2, reaper.GetSetMediaItemTakeInfo_String(take, "GUID", "", false))
end

--- The take with this GUID, or nil.
function project.find_take(guid)
  for item in project.items() do
    for take in project.takes(item) do
      if project.take_guid(take) == guid then return take end
    end
  end
end

--- Before REAPER 7 tracks can be inserted into the project in front only: waits until it is, or is closed.
function project.wait_for_tab()
  while coroutine.isyieldable() and not reaper.InsertTrackInProject and project.is_open()
    and reaper.EnumProjects(-1) ~= project.current do
    coroutine.yield()
  end
end

--- A new track at `index`, from 0.
function project.insert_track(index)
  if reaper.InsertTrackInProject then
    reaper.InsertTrackInProject(project.current, index, WITH_DEFAULTS)
  else
    reaper.InsertTrackAtIndex(index, true)
  end
  return reaper.GetTrack(project.current, index)
end

--- Runs `change` with REAPER's display held; an error in it leaves REAPER as it should be, and goes up.
function project.undo_block(name, change)
  reaper.Undo_BeginBlock2(project.current)
  reaper.PreventUIRefresh(1)
  local ok, result = xpcall(change, debug.traceback)
  reaper.TrackList_AdjustWindows(false)
  reaper.PreventUIRefresh(-1)
  reaper.Undo_EndBlock2(project.current, "sidestick: " .. name, ALL_STATES)
  reaper.UpdateArrange()
  if not ok then error(result, 0) end
  return result
end

return project
