-- @description stemd: Review and relabel
-- @noindex
-- @about What stemd heard, group by group: listen, relabel, more or fewer hits, velocity, grid.

local folder = ({ reaper.get_action_context() })[2]:match("^(.*[/\\])")
package.path = folder .. "lib/?.lua;" .. package.path

require("review").run()
