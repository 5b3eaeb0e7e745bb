-- @noindex
-- The drums sidestick can name: General MIDI notes, names for people, and the key that stands for each.

local drums = {}

drums.LIST = {
  { label = "kick", pitch = 36, family = "kick", key = "k" },
  { label = "snare", pitch = 38, family = "snare", key = "s" },
  { label = "side_stick", pitch = 37, family = "snare", key = "x" },
  { label = "rimshot", pitch = 40, family = "snare", key = "m" },
  { label = "clap", pitch = 39, family = "percussion", key = "a" },
  { label = "high_tom", pitch = 50, family = "toms", key = "1" },
  { label = "mid_tom", pitch = 47, family = "toms", key = "2" },
  { label = "low_tom", pitch = 45, family = "toms", key = "3" },
  { label = "floor_tom", pitch = 43, family = "toms", key = "4" },
  { label = "closed_hihat", pitch = 42, family = "hihat", key = "h" },
  { label = "pedal_hihat", pitch = 44, family = "hihat", key = "p" },
  { label = "open_hihat", pitch = 46, family = "hihat", key = "o" },
  { label = "crash", pitch = 49, family = "cymbals", key = "c" },
  { label = "crash_2", pitch = 57, family = "cymbals", key = "v" },
  { label = "ride", pitch = 51, family = "cymbals", key = "r" },
  { label = "ride_bell", pitch = 53, family = "cymbals", key = "b" },
  { label = "china", pitch = 52, family = "cymbals", key = "n" },
  { label = "splash", pitch = 55, family = "cymbals", key = "l" },
  { label = "tambourine", pitch = 54, family = "percussion", key = "j" },
  { label = "cowbell", pitch = 56, family = "percussion", key = "w" },
  { label = "shaker", pitch = 70, family = "percussion", key = "e" },
}

drums.FAMILIES = { "kick", "snare", "toms", "hihat", "cymbals" }

drums.by_label, drums.by_key = {}, {}

local function title(label)
  local name = label:gsub("_", " "):gsub("(%a)(%a*)", function(first, rest) return first:upper() .. rest end)
  return (name:gsub("Hihat", "Hi-Hat"))
end

for _, drum in ipairs(drums.LIST) do
  drum.name = title(drum.label)
  drums.by_label[drum.label], drums.by_key[drum.key] = drum, drum
end

--- The name that people read.
function drums.name(label)
  return drums.by_label[label] and drums.by_label[label].name or title(label)
end

--- The name of a family: Kick, Snare, Toms, Hi-Hat, Cymbals.
function drums.family_name(family)
  return title(family)
end

--- A menu of all labels for gfx.showmenu, with `now` ticked.
function drums.menu(now)
  local names = {}
  for index, drum in ipairs(drums.LIST) do
    names[index] = (drum.label == now and "!" or "") .. drum.name .. "\t" .. drum.key:upper()
  end
  return table.concat(names, "|")
end

return drums
