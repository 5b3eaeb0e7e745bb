-- @description sidestick: Install actions and toolbar
-- @noindex
-- @about Puts all of sidestick's actions into the action list, and writes a toolbar with three of them.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("installation").run)
