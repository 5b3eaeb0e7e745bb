-- luacheck: globals reaper gfx arg
-- Runs one action in the fake REAPER: `lua run_scenario.lua SCENARIO.json` prints what became of the project as JSON.

local here = debug.getinfo(1, "S").source:match("^@(.*[/\\])")
local scripts = here .. "../../reaper_scripts/sidestick/"
package.path = here .. "?.lua;" .. scripts .. "lib/?.lua;" .. package.path

local fake = require("fake_reaper")
local json = require("json")
local fake_gfx = require("fake_gfx")
local fake_tempo = require("fake_tempo")

local scenario = json.decode(io.open(arg[1], "rb"):read("a"))

local function without_null(value)
  return value ~= json.null and value or nil
end

local function build_source(spec)
  if not without_null(spec) then return nil end
  local parent = build_source(spec.parent)
  return fake.source({
    path = spec.path or "", length = spec.length or 10.0, type = spec.type or "WAVE", parent = parent,
    section = spec.section, reversed = spec.reversed,
  })
end

local function from_hex(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function build_item(track, spec)
  local item = fake.add_item(track, spec.values)
  for key, value in pairs(spec.strings or {}) do item.strings[key] = value end
  if spec.selected then table.insert(fake.selected, item) end
  if spec.empty then return end
  local take = fake.add_take(item, spec.take or {}, build_source(spec.source))
  take.strings.P_NAME, take.fx = spec.name, spec.fx or 0
  for _, marker in ipairs(spec.markers or {}) do table.insert(take.markers, marker) end
  if spec.events then take.midi = from_hex(spec.events) end
  if spec.edited then fake.edited = take end
end

local function build()
  fake.tempo = fake_tempo.new(scenario.tempo or { { time = 0, bpm = 120, numerator = 4, denominator = 4 } })
  fake.resources, fake.system = scenario.resources, scenario.system or "Other"
  fake.answers, fake.filled, fake.picked = scenario.answers or {}, scenario.filled, scenario.picked
  fake.grid, fake.ppq = scenario.grid or fake.grid, scenario.ppq or fake.ppq
  for name, value in pairs(scenario.ext or {}) do fake.ext[name] = { value = value } end
  for _, spec in ipairs(scenario.tracks or {}) do
    local track = fake.add_track(#fake.tracks, spec.name)
    for key, value in pairs(spec.strings or {}) do track.strings[key] = value end
    for _, item in ipairs(spec.items or {}) do build_item(track, item) end
  end
  local screen = fake_gfx.screen
  screen.scale, screen.input, screen.choices = scenario.scale or 1, scenario.input or {}, scenario.choices or {}
  screen.w, screen.h, screen.wait = scenario.w, scenario.h, scenario.wait
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

local function dump(cycle_times)
  local tracks, ext = json.list(), {}
  for index, track in ipairs(fake.tracks) do tracks[index] = dump_track(track) end
  for name, entry in pairs(fake.ext) do ext[name] = entry.value end
  local texts = fake_gfx.screen.drawn and json.list(fake_gfx.screen.drawn.texts) or json.list()
  return {
    tracks = tracks, ext = ext, boxes = json.list(fake.boxes), undone = json.list(fake.undone),
    actions = json.list(fake.actions), commands = json.list(fake.commands), menus = json.list(fake_gfx.screen.menus),
    texts = texts, form = fake.form, cycles = fake.cycles, longest = cycle_times.longest, slices = cycle_times,
    deferred = #fake.deferred, result = fake.result,
    picture = scenario.picture and fake_gfx.screen.drawn and fake_gfx.screen.picture() or nil,
  }
end

local function apply_event(event)
  if event.hasty then scenario.hasty = true end
  if event.quit then fake.deferred = {} end
  if event.remove_source then fake.tracks[1].items = {} end
  if event.shell then os.execute(event.shell) end
  if event.move then
    for _, track in ipairs(fake.tracks) do
      for _, item in ipairs(track.items) do item.values.D_POSITION = item.values.D_POSITION + event.move end
    end
  end
end

local function run_cycle()
  fake.cycles = fake.cycles + 1
  local functions = fake.deferred
  fake.deferred = {}
  local before = os.clock()
  for _, call in ipairs(functions) do call() end
  return os.clock() - before
end

local function has_job_spec()
  local item = fake.tracks[1] and fake.tracks[1].items[1]
  return item and (item.strings["P_EXT:sidestick_asked"] or "") ~= ""
end

-- An event comes `later` cycles after its conditions hold for the first time.
local function is_due(event)
  if not event or (event.cycle or 0) > fake.cycles or #fake.undone < (event.undone or 0) then return false end
  if event.asked and not has_job_spec() then return false end
  event.since = event.since or fake.cycles
  return fake.cycles >= event.since + (event.later or 0)
end

local function apply_due_events()
  local events = scenario.events or {}
  while is_due(events[1]) do apply_event(table.remove(events, 1)) end
end

-- The longest and the median of all cycles in seconds of the processor, and how many took more than 5 ms.
local function run_cycles()
  local durations = { 0.0 }
  while #fake.deferred > 0 and fake.cycles - fake_gfx.screen.waited < (scenario.cycles or 900) do
    durations[#durations + 1] = run_cycle()
    apply_due_events()
    if not scenario.hasty then os.execute("sleep 0.02") end
  end
  table.sort(durations)
  local over = 0
  for _, seconds in ipairs(durations) do over = over + (seconds > 0.005 and 1 or 0) end
  return { longest = durations[#durations], median = durations[#durations // 2 + 1], over = over }
end

_G.reaper, _G.gfx = fake.reaper_table(), fake_gfx.gfx
build()
if scenario.script then
  fake.script = scripts .. scenario.script
  assert(loadfile(fake.script))()
else
  fake.script = arg[2]
  dofile(arg[2])
end
local cycle_times = run_cycles()
io.write(json.encode(dump(cycle_times)), "\n")
