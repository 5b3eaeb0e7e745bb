-- @description stemd: Stop
-- @noindex
-- @about Stops what stemd plays. No note is left sounding.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("commands").stop()
