-- @description sidestick: Settings
-- @noindex
-- @about What the other actions ask sidestick for, and how they reach it.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("commands").edit_settings)
