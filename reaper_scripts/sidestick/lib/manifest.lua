-- What REAPER needs of Song.sidestick.json: the files that were written, and the settings that hold after corrections.

local files = require("files")
local json = require("json")

local manifest = {}

-- Notes and hits are most of the file, and come last. Here they are not needed.
local function without_tables(text)
  local stop = text:find(',\n"notes":', 1, true)
  return stop and text:sub(1, stop - 1) .. "}" or text
end

--- The content but for notes and hits, or nil and a sentence.
function manifest.read(path, breathe)
  if path == "" then return nil, "The path of the result is too long to be told. Move the song to a shorter folder." end
  local text = type(path) == "string" and files.read(path)
  if not text then return nil, "The result cannot be read yet. Wait until sidestick is done, or run it again." end
  local found = json.decode(without_tables(text), breathe)
  if type(found) ~= "table" or found.format ~= "sidestick manifest" then
    return nil, ("%s is damaged. Run the action once more."):format(path)
  end
  return found
end

local function outputs(found, path, pattern)
  local paths, folder = {}, files.folder(path)
  for _, output in ipairs(found.outputs or {}) do
    local name = output.kind:match(pattern)
    if name then paths[name] = files.beside(folder, output.path) end
  end
  return paths
end

--- The .mid of each part, by its name.
function manifest.midi(found, path)
  return outputs(found, path, "^%.(%a+)%.mid$")
end

--- The sound file of each stem, by its name.
function manifest.stems(found, path)
  return outputs(found, path, "^%.stems/([%w_]+)%.%a+$")
end

--- Why the separator that was wished for could not be had, in sidestick's words; nil if it could.
function manifest.makeshift(found)
  if (found.options or {}).separator == "embedded" then return nil end
  for _, stage in ipairs(found.stages or {}) do
    if stage.stage == "separate" and stage.model == "embedded" then return (found.remarks or {})[1] end
  end
end

local function chain(history)
  local revisions, number = {}, history and history.head or 0
  while number > 0 do
    local revision = history.revisions[number]
    table.insert(revisions, 1, revision.changes)
    number = revision.parent
  end
  return revisions
end

local function copy(values)
  local new = {}
  for name, value in pairs(values or {}) do new[name] = value end
  return new
end

local function note_grid(grid, settings)
  for _, name in ipairs({ "step", "quantize", "strength", "swing" }) do
    if settings[name] ~= nil then grid[name] = settings[name] end
  end
  if type(settings.grid) == "table" then note_grid(grid, settings.grid) end
  if type(settings.grid) == "string" then grid.step = settings.grid end
end

--- Grid and sensitivity as they are after all corrections: {grid = {step, quantize ...}, sensitivity = {drum = 0..1}}.
function manifest.settled(found)
  local grid, sensitivity = copy(found.options.grid), copy(found.options.sensitivity)
  for _, changes in ipairs(chain(found.history)) do
    note_grid(grid, changes.settings or {})
    for drum, value in pairs(changes.sensitivity or {}) do sensitivity[drum] = value end
  end
  return { grid = grid, sensitivity = sensitivity }
end

return manifest
