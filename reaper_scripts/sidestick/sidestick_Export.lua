-- @description sidestick: Export
-- @noindex
-- @about The selected item's song as a score, a project, a table or a game chart, from a menu of all that there is.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("exports").run)
