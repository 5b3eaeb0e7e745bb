-- luacheck: globals reaper gfx arg
-- Runs one action in the fake REAPER: `lua play.lua SCENARIO.json` prints what became of the project as JSON.

local here = debug.getinfo(1, "S").source:match("^@(.*[/\\])")
local scripts = here .. "../../reaper_scripts/sidestick/"
package.path = here .. "?.lua;" .. scripts .. "lib/?.lua;" .. package.path

local fake = require("fake_reaper")
local json = require("json")
local picture = require("fake_gfx")
local tempo = require("fake_tempo")

local scene = json.decode(io.open(arg[1], "rb"):read("a"))

local function plain(value)
  return value ~= json.null and value or nil
end

local function build_source(given)
  if not plain(given) then return nil end
  local parent = build_source(given.parent)
  return fake.source({
    path = given.path or "", length = given.length or 10.0, type = given.type or "WAVE", parent = parent,
    section = given.section, reversed = given.reversed,
  })
end

local function from_hex(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function build_item(track, given)
  local item = fake.add_item(track, given.values)
  for key, value in pairs(given.strings or {}) do item.strings[key] = value end
  if given.selected then table.insert(fake.selected, item) end
  if given.empty then return end
  local take = fake.add_take(item, given.take or {}, build_source(given.source))
  take.strings.P_NAME, take.fx = given.name, given.fx or 0
  for _, marker in ipairs(given.markers or {}) do table.insert(take.markers, marker) end
  if given.events then take.midi = from_hex(given.events) end
  if given.edited then fake.edited = take end
end

local function build()
  fake.tempo = tempo.new(scene.tempo or { { time = 0, bpm = 120, numerator = 4, denominator = 4 } })
  fake.resources, fake.system = scene.resources, scene.system or "Other"
  fake.answers, fake.filled, fake.picked = scene.answers or {}, scene.filled, scene.picked
  fake.grid, fake.ppq = scene.grid or fake.grid, scene.ppq or fake.ppq
  for name, value in pairs(scene.ext or {}) do fake.ext[name] = { value = value } end
  for _, given in ipairs(scene.tracks or {}) do
    local track = fake.add_track(#fake.tracks, given.name)
    for key, value in pairs(given.strings or {}) do track.strings[key] = value end
    for _, item in ipairs(given.items or {}) do build_item(track, item) end
  end
  local stage = picture.stage
  stage.scale, stage.input, stage.choices = scene.scale or 1, scene.input or {}, scene.choices or {}
  stage.w, stage.h, stage.wait = scene.w, scene.h, scene.wait
end

local function dump_notes(take)
  local list = json.list()
  for index, note in ipairs(fake.notes(take)) do
    note.time = reaper.MIDI_GetProjTimeFromPPQPos(take, note.first)
    note.stop = reaper.MIDI_GetProjTimeFromPPQPos(take, note.last)
    list[index] = note
  end
  return list
end

local function to_hex(data)
  return (data:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function dump_item(item)
  local take = item.take
  local markers = json.list()
  for index, marker in ipairs(take and take.markers or {}) do markers[index] = json.list(marker) end
  return {
    values = item.values, strings = item.strings, take = take and take.values or {},
    name = take and take.strings.P_NAME,
    notes = take and take.midi and dump_notes(take) or nil, file = take and take.source and take.source.path or nil,
    events = take and take.midi and to_hex(take.midi) or nil,
    markers = markers,
  }
end

local function dump_track(track)
  local items, rows = json.list(), {}
  for index, item in ipairs(track.items) do items[index] = dump_item(item) end
  for pitch, name in pairs(track.notes) do rows[tostring(pitch)] = name end
  return { name = track.strings.P_NAME, strings = track.strings, values = track.values, items = items, rows = rows }
end

local function dump(slices)
  local tracks, ext = json.list(), {}
  for index, track in ipairs(fake.tracks) do tracks[index] = dump_track(track) end
  for name, entry in pairs(fake.ext) do ext[name] = entry.value end
  local texts = picture.stage.drawn and json.list(picture.stage.drawn.texts) or json.list()
  return {
    tracks = tracks, ext = ext, boxes = json.list(fake.boxes), undone = json.list(fake.undone),
    actions = json.list(fake.actions), commands = json.list(fake.commands), menus = json.list(picture.stage.menus),
    texts = texts, form = fake.form, cycles = fake.cycles, longest = slices.longest, slices = slices,
    deferred = #fake.deferred, result = fake.result,
    picture = scene.picture and picture.stage.drawn and picture.stage.picture() or nil,
  }
end

local function do_event(event)
  if event.hasty then scene.hasty = true end
  if event.quit then fake.deferred = {} end
  if event.remove_source then fake.tracks[1].items = {} end
  if event.shell then os.execute(event.shell) end
  if event.move then
    for _, track in ipairs(fake.tracks) do
      for _, item in ipairs(track.items) do item.values.D_POSITION = item.values.D_POSITION + event.move end
    end
  end
end

local function cycle()
  fake.cycles = fake.cycles + 1
  local works = fake.deferred
  fake.deferred = {}
  local before = os.clock()
  for _, work in ipairs(works) do work() end
  return os.clock() - before
end

local function asked()
  local item = fake.tracks[1] and fake.tracks[1].items[1]
  return item and (item.strings["P_EXT:sidestick_asked"] or "") ~= ""
end

-- An event comes `later` cycles after its conditions hold for the first time.
local function due(event)
  if not event or (event.cycle or 0) > fake.cycles or #fake.undone < (event.undone or 0) then return false end
  if event.asked and not asked() then return false end
  event.since = event.since or fake.cycles
  return fake.cycles >= event.since + (event.later or 0)
end

local function happenings()
  local events = scene.events or {}
  while due(events[1]) do do_event(table.remove(events, 1)) end
end

-- The longest and the median of all cycles in seconds of the processor, and how many took more than 5 ms.
local function run()
  local taken = { 0.0 }
  while #fake.deferred > 0 and fake.cycles - picture.stage.waited < (scene.cycles or 900) do
    taken[#taken + 1] = cycle()
    happenings()
    if not scene.hasty then os.execute("sleep 0.02") end
  end
  table.sort(taken)
  local over = 0
  for _, seconds in ipairs(taken) do over = over + (seconds > 0.005 and 1 or 0) end
  return { longest = taken[#taken], median = taken[#taken // 2 + 1], over = over }
end

_G.reaper, _G.gfx = fake.table(), picture.gfx
build()
if scene.script then
  fake.script = scripts .. scene.script
  assert(loadfile(fake.script))()
else
  fake.script = arg[2]
  dofile(arg[2])
end
local slices = run()
io.write(json.encode(dump(slices)), "\n")
