-- @noindex
-- Puts all actions into REAPER's action list, and writes a toolbar with three of them that can be imported.

local files = require("files")
local message_box = require("message_box")

local installation = {}

local MAIN, MIDI_EDITOR = 0, 32060  -- sections of the action list
local IN_EDITOR = "sidestick_Relabel selected notes as.lua"
local BUTTONS = {
  { file = "sidestick_Drums to MIDI.lua", icon = "sidestick_drums.png" },
  { file = "sidestick_Separate into stems.lua", icon = "sidestick_stems.png" },
  { file = "sidestick_Review and relabel.lua", icon = "sidestick_review.png" },
}

local function action_files(folder)
  local names, index = {}, 0
  local name = reaper.EnumerateFiles(folder, index)
  while name do
    if name:find("^sidestick_.*%.lua$") then names[#names + 1] = name end
    index = index + 1
    name = reaper.EnumerateFiles(folder, index)
  end
  return names
end

-- The commands of the actions by the names of their files. The last call saves them all.
local function register(folder)
  local commands, names = {}, action_files(folder)
  reaper.AddRemoveReaScript(true, MIDI_EDITOR, files.join(folder, IN_EDITOR), false)
  for index, name in ipairs(names) do
    commands[name] = reaper.AddRemoveReaScript(true, MAIN, files.join(folder, name), index == #names)
  end
  return commands, #names
end

local function title(file)
  return file:match("^sidestick_(.*)%.lua$")
end

local function toolbar_text(commands)
  local icons, items = {}, {}
  for index, button in ipairs(BUTTONS) do
    local command = reaper.ReverseNamedCommandLookup(commands[button.file])
    icons[index] = ("icon_%d=%s"):format(index - 1, button.icon)
    items[index] = ("item_%d=_%s sidestick: %s"):format(index - 1, command, title(button.file))
  end
  local parts = { "[Floating toolbar 1]", table.concat(icons, "\n"), table.concat(items, "\n"), "title=sidestick", "" }
  return table.concat(parts, "\n")
end

local function copy_icons(folder, resources)
  local target = files.join(resources, "Data", "toolbar_icons")
  reaper.RecursiveCreateDirectory(target, 0)
  for _, button in ipairs(BUTTONS) do
    local picture = files.read(files.join(folder, "icons", button.icon))
    if not picture or not files.write(files.join(target, button.icon), picture) then return false end
  end
  return true
end

local DONE = "sidestick's %d actions are in the action list now.\n\nFor a toolbar with three of them: right-click a "
  .. "toolbar, Customize toolbar, Import/export, Import, and choose %s."

local NOT_WRITTEN = "The actions are in the action list. The toolbar could not be written to %s: is the disk full?"

--- Installs from the folder that the action lies in.
function installation.run()
  local folder = files.folder(({ reaper.get_action_context() })[2])
  local resources = reaper.GetResourcePath()
  local commands, count = register(folder)
  local menu = files.join(resources, "MenuSets", "sidestick.ReaperMenu")
  reaper.RecursiveCreateDirectory(files.folder(menu), 0)
  local written = copy_icons(folder, resources) and files.write(menu, toolbar_text(commands))
  message_box.show(written and DONE:format(count, menu) or NOT_WRITTEN:format(menu))
end

return installation
