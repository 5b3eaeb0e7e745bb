-- @description sidestick: Set project tempo from the item
-- @noindex
-- @about Puts REAPER's bar lines on the bars of the selected item; all items stay where they are.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("project_tempo").run)
