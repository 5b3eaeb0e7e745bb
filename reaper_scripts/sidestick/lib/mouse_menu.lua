-- @noindex
-- A menu at the mouse, for actions that have no window of their own.

local mouse_menu = {}

local MENU_WITHOUT_WINDOW = 6.82  -- the first REAPER that shows a menu without one

--- The number of the entry that the user chooses from `items`, as gfx.showmenu takes them; 0 for none.
function mouse_menu.choose(items)
  local needs_window = tonumber(reaper.GetAppVersion():match("^%d+%.?%d*")) < MENU_WITHOUT_WINDOW
  if needs_window then gfx.init("sidestick", 1, 1, 0, reaper.GetMousePosition()) end
  gfx.x, gfx.y = gfx.mouse_x, gfx.mouse_y
  local choice = math.floor(gfx.showmenu(items))
  if needs_window then gfx.quit() end
  return choice
end

return mouse_menu
