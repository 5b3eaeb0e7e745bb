-- @description sidestick: Everything to MIDI
-- @noindex
-- @about Tracks below the source with all that sidestick hears in the selected audio items as MIDI.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

local parts = { "drums", "bass", "vocals", "other" }
local spec = { title = "everything to MIDI", parts = parts }
require("action").run(function() require("transcribe").run_on_selection(spec) end)
