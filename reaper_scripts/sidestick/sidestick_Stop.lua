-- @description sidestick: Stop
-- @noindex
-- @about Stops what sidestick plays. No note is left sounding.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("commands").stop_playback)
