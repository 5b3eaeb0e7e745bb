-- @description sidestick: Regenerate with REAPER's grid and tempo
-- @noindex
-- @about Moves the selected item's notes to the lines of REAPER's grid.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("commands").regenerate)
