-- @description sidestick: Drums to MIDI
-- @noindex
-- @about A track below the source with the drums of the selected audio items as MIDI.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

local spec = { title = "drums to MIDI", parts = { "drums" } }
require("action").run(function() require("transcribe").run_on_selection(spec) end)
