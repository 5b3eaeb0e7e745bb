-- @description sidestick: Start the daemon
-- @noindex
-- @about Finds and starts `sidestick run`, and says which version answers.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("commands").start_daemon)
