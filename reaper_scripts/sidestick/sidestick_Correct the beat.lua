-- @description sidestick: Correct the beat
-- @noindex
-- @about Half, double or another bpm, the meter and bar 1 of the selected item, from a menu. Notes stay as they are.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("beat_correction").run)
