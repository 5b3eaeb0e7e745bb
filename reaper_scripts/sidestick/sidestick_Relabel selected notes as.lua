-- @description sidestick: Relabel selected notes as ...
-- @noindex
-- @about Gives the hits behind the notes selected in the MIDI editor another label.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("relabel").run)
