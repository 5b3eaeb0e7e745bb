-- @description sidestick: Review and relabel
-- @noindex
-- @about What sidestick heard, group by group: listen, relabel, more or fewer hits, velocity, grid.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("action").run(require("review").run, true)
