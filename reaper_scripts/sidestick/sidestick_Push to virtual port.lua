-- @description sidestick: Push to virtual port
-- @noindex
-- @about Plays the selected item's notes on sidestick's MIDI port.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("commands").push)
