-- @noindex
-- The user's settings, saved in REAPER's extension state, and where windows were.

local settings = {}

local SECTION = "sidestick"

settings.FIELDS = {
  { name = "quantize", label = "Notes (played or quantized)", default = "played", choices = { "played", "quantized" } },
  { name = "input", label = "Files are (auto / mix / stem)", default = "auto", choices = { "auto", "mix", "stem" } },
  { name = "place", label = "MIDI goes to a new (track / take)", default = "track", choices = { "track", "take" } },
  { name = "drum_map", label = "Drum map", default = "gm" },
  { name = "stem_format", label = "Stems (wav / flac / mp3)", default = "wav", choices = { "wav", "flac", "mp3" } },
  { name = "mute_source", label = "Mute the source (yes / no)", default = "yes", choices = { "yes", "no" } },
  { name = "program", label = "sidestick program (empty = find it)", default = "" },
  { name = "state_folder", label = "State folder (empty = the usual)", default = "" },
}

local function field(name)
  for _, candidate in ipairs(settings.FIELDS) do
    if candidate.name == name then return candidate end
  end
end

function settings.get(name)
  local value = reaper.GetExtState(SECTION, name)
  if value ~= "" then return value end
  local known = field(name)
  return known and known.default or ""
end

function settings.set(name, value)
  reaper.SetExtState(SECTION, name, value, true)
end

--- nil, or one sentence that says what is wrong with `value`.
function settings.problem(name, value)
  local choices = field(name).choices
  if not choices then return nil end
  for _, choice in ipairs(choices) do
    if choice == value then return nil end
  end
  return ('"%s" does not work for "%s"; write %s.'):format(value, field(name).label, table.concat(choices, ", "))
end

return settings
