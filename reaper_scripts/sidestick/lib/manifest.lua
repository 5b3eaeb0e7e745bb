-- @noindex
-- What REAPER needs of Song.sidestick.json: the files that were written, and the settings that hold after corrections.

local files = require("files")
local json = require("json")

local manifest = {}

--- The content but for notes and hits, or nil and a sentence. `grid` is the one that holds after all corrections.
function manifest.read(path, yield)
  if path == "" then return nil, "The path of the result is too long to be told. Move the song to a shorter folder." end
  local text = type(path) == "string" and files.read(path)
  if not text then return nil, "The result cannot be read yet. Wait until sidestick is done, or run it again." end
  local content = json.decode(json.text_before(text, "notes"), yield)  -- notes and hits are most of it
  if type(content) ~= "table" or content.format ~= "sidestick manifest" then
    return nil, ("%s is damaged. Run the action once more."):format(path)
  end
  local corrected = content.corrected_grid
  if type(corrected) == "table" and corrected ~= json.null then content.grid = corrected end
  return content
end

local function output_paths(content, path, pattern)
  local paths, folder = {}, files.folder(path)
  for _, output in ipairs(content.outputs or {}) do
    local name = output.kind:match(pattern)
    if name then paths[name] = files.resolve(folder, output.path) end
  end
  return paths
end

--- The sound file of each stem, by its name.
function manifest.stem_paths(content, path)
  return output_paths(content, path, "^%.stems/([%w_]+)%.%a+$")
end

--- Why another separator than the requested one was used, in sidestick's words; nil if it was not.
function manifest.separator_fallback(content)
  if (content.options or {}).separator == "embedded" then return nil end
  for _, stage in ipairs(content.stages or {}) do
    if stage.stage == "separate" and stage.model == "embedded" then return (content.remarks or {})[1] end
  end
end

local function revision_changes(history)
  local revisions, number = {}, history and history.head or 0
  while number > 0 do
    local revision = history.revisions[number]
    table.insert(revisions, 1, revision.changes)
    number = revision.parent
  end
  return revisions
end

local function copy_table(values)
  local new = {}
  for name, value in pairs(values or {}) do new[name] = value end
  return new
end

local function merge_grid(grid, settings)
  for _, name in ipairs({ "step", "quantize", "strength", "swing" }) do
    if settings[name] ~= nil then grid[name] = settings[name] end
  end
  if type(settings.grid) == "table" then merge_grid(grid, settings.grid) end
  if type(settings.grid) == "string" then grid.step = settings.grid end
end

--- Grid and sensitivity as they are after all corrections: {grid = {step, quantize ...}, sensitivity = {drum = 0..1}}.
function manifest.effective_settings(content)
  local grid, sensitivity = copy_table(content.options.grid), copy_table(content.options.sensitivity)
  for _, changes in ipairs(revision_changes(content.history)) do
    merge_grid(grid, changes.settings or {})
    for drum, value in pairs(changes.sensitivity or {}) do sensitivity[drum] = value end
  end
  return { grid = grid, sensitivity = sensitivity }
end

return manifest
