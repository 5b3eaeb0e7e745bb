-- @description sidestick: Separate into stems
-- @noindex
-- @about A folder of tracks below the source with the stems of the selected audio items.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

local spec = { title = "stems", parts = { "drums" }, stems = true }
require("action").run(function() require("transcribe").run_on_selection(spec) end)
