-- @description sidestick: Cancel jobs
-- @noindex
-- @about Cancels all that sidestick works on or has waiting.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("commands").cancel_jobs)
