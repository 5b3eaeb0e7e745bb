-- @noindex
-- What all actions have in common: what REAPER does when one is run again, its light on a toolbar, what is put away at
-- the end, and no undo point of REAPER's own.

local action = {}

local STOP, START_ANEW, LIGHT_ON, LIGHT_OFF = 1, 2, 4, 8

local at_exit = {}

--- `work` is called when the action ends, also when it is stopped from outside.
function action.at_exit(work)
  at_exit[#at_exit + 1] = work
end

local function set_options(flags)
  if reaper.set_action_options then reaper.set_action_options(flags) end  -- from REAPER 7.03 on
end

--- Runs an action. If it is run again meanwhile it starts anew, or ends for good when `closes` says so.
function action.run(work, closes)
  set_options(STOP | (closes and 0 or START_ANEW) | LIGHT_ON)
  reaper.atexit(function()
    for index = #at_exit, 1, -1 do at_exit[index]() end
    set_options(LIGHT_OFF)
  end)
  reaper.defer(function() end)  -- a script that never defers gets an undo point, whatever it does
  work()
end

return action
