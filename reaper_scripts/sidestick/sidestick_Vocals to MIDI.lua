-- @description sidestick: Vocals to MIDI
-- @noindex
-- @about A track below the source with the vocals of the selected audio items as MIDI.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("transcribe").run_on_selection({ title = "vocals to MIDI", parts = { "vocals" } })
