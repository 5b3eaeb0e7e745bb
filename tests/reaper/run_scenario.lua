-- luacheck: globals reaper gfx arg
-- Runs one action in the fake REAPER: `lua run_scenario.lua SCENARIO.json` prints what became of the project as JSON.

local here = debug.getinfo(1, "S").source:match("^@(.*[/\\])")
local scripts = here .. "../../reaper_scripts/sidestick/"
package.path = here .. "?.lua;" .. scripts .. "lib/?.lua;" .. package.path

local fake = require("fake_reaper")
local json = require("json")
local fake_gfx = require("fake_gfx")
local fake_project = require("fake_project")
local fake_tempo = require("fake_tempo")

local scenario = json.decode(io.open(arg[1], "rb"):read("a"))

local function without_null(value)
  return value ~= json.null and value or nil
end

local function build_source(spec)
  if not without_null(spec) then return nil end
  local parent = build_source(spec.parent)
  return fake_project.source({
    path = spec.path or "", length = spec.length or 10.0, type = spec.type or "WAVE", parent = parent,
    section = spec.section, reversed = spec.reversed,
  })
end

local function from_hex(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function build_take(item, spec)
  local take = fake_project.add_take(item, spec.take or {}, build_source(spec.source))
  take.strings.P_NAME, take.fx = spec.name, spec.fx or 0
  for key, value in pairs(spec.take_strings or {}) do take.strings[key] = value end
  for _, marker in ipairs(spec.markers or {}) do table.insert(take.markers, marker) end
  for _, envelope in ipairs(spec.envelopes or {}) do table.insert(take.envelopes, envelope) end
  if spec.events then take.midi = from_hex(spec.events) end
  if spec.edited then fake.edited = take end
end

local function build_item(track, spec)
  local item = fake_project.add_item(track, spec.values)
  for key, value in pairs(spec.strings or {}) do item.strings[key] = value end
  if spec.selected then table.insert(fake.selected, item) end
  if spec.empty then return end
  build_take(item, spec)
  for _, more in ipairs(spec.takes or {}) do build_take(item, more) end
end

local STEADY = { { time = 0, bpm = 120, numerator = 4, denominator = 4 } }

-- A second project, empty, behind the one that the action is run on.
local function build_other_tab()
  local other = fake_project.new()
  other.tempo = fake_tempo.new(STEADY)
  other:add_state()
  fake.projects[2] = other
end

local function build()
  fake.project.tempo = fake_tempo.new(scenario.tempo or STEADY)
  fake.resources, fake.system = scenario.resources, scenario.system or "Other"
  fake.version = scenario.version or fake.version
  if fake.system:find("^Win") then fake.use_ansi() end
  fake.answers, fake.filled, fake.picked = scenario.answers or {}, scenario.filled, scenario.picked
  fake.cursor = scenario.cursor or 0.0
  fake.grid, fake.ppq = scenario.grid or fake.grid, scenario.ppq or fake.ppq
  for name, value in pairs(scenario.ext or {}) do fake.ext[name] = { value = value } end
  for _, spec in ipairs(scenario.tracks or {}) do
    local track = fake.project:add_track(#fake.tracks, spec.name)
    for key, value in pairs(spec.strings or {}) do track.strings[key] = value end
    for _, item in ipairs(spec.items or {}) do build_item(track, item) end
  end
  local screen = fake_gfx.screen
  screen.scale, screen.input, screen.choices = scenario.scale or 1, scenario.input or {}, scenario.choices or {}
  screen.w, screen.h, screen.wait = scenario.w, scenario.h, scenario.wait
  screen.counts_pixels, screen.needs_window = scenario.counts_pixels, fake.version:find("^6%.[0-7]") ~= nil
  build_other_tab()
  for index, region in ipairs(scenario.regions or {}) do fake.project.regions[index] = region end
  fake.project:add_state()
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

local function dump_take(take)
  local markers = json.list()
  for index, marker in ipairs(take.markers) do markers[index] = json.list(marker) end
  return {
    take = take.values, name = take.strings.P_NAME, take_strings = take.strings, markers = markers,
    notes = take.midi and dump_notes(take) or nil, file = take.source and take.source.path or nil,
    events = take.midi and to_hex(take.midi) or nil, envelopes = json.list(take.envelopes),
  }
end

local function dump_item(item)
  local dumped = item.take and dump_take(item.take) or { take = {}, markers = json.list() }
  dumped.values, dumped.strings, dumped.takes = item.values, item.strings, json.list()
  dumped.has_take = item.take ~= nil
  for _, take in ipairs(item.takes) do
    if take ~= item.take then table.insert(dumped.takes, dump_take(take)) end
  end
  return dumped
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
    tracks = tracks, ext = ext, boxes = json.list(fake.boxes), console = json.list(fake.console),
    undone = json.list(fake.undone),
    actions = json.list(fake.actions), commands = json.list(fake.commands), menus = json.list(fake_gfx.screen.menus),
    texts = texts, form = fake.form, cycles = fake.cycles, longest = cycle_times.longest, slices = cycle_times,
    deferred = cycle_times.left, result = fake.result, dirty = fake.project.dirty, toggles = json.list(fake.toggles),
    consoles = fake.consoles, writes = fake.writes, tempo = fake.tempo.markers, other = #fake.projects[2].tracks,
    stale = fake.is_layout_stale == true, registered = json.list(fake.registered), windows = fake_gfx.screen.windows,
    size = { gfx.w, gfx.h }, regions = json.list(fake.project.regions),
    picture = scenario.picture and fake_gfx.screen.drawn and fake_gfx.screen.picture() or nil,
  }
end

local function run_script()
  fake.script = scenario.script and scripts .. scenario.script or arg[2]
  for name in pairs(package.loaded) do  -- a script that is run again shares nothing with the one before
    if io.open(scripts .. "lib/" .. name .. ".lua") then package.loaded[name] = nil end
  end
  assert(loadfile(fake.script))()
end

local function apply_event(event)
  if event.undo then fake.project:step_in_history(-event.undo) end
  if event.select then fake.project.selected = { fake.tracks[1].items[event.select] } end
  if event.relink then fake.tracks[1].items[1].take.source.path = event.relink end
  if event.tab then fake.active = fake.projects[event.tab] end
  if event.close then
    fake.projects[event.close]:close()
    table.remove(fake.projects, event.close)
    fake.active = fake.projects[1]
    fake.projects[2] = fake.projects[2] or fake.projects[1]
  end
  if event.again and fake.run_again() then run_script() end
  if event.hasty then scenario.hasty = true end
  if event.quit then fake.deferred, fake.at_exit = {}, {} end
  if event.remove_source then fake.tracks[1].items = {} end
  if event.delete_midi then fake.tracks[2].items = {} end
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
  local left = #fake.deferred
  fake.end_script()
  table.sort(durations)
  local over = 0
  for _, seconds in ipairs(durations) do over = over + (seconds > 0.005 and 1 or 0) end
  return { left = left, longest = durations[#durations], median = durations[#durations // 2 + 1], over = over }
end

build()
_G.reaper, _G.gfx = fake.reaper_table(), fake_gfx.gfx
run_script()
local cycle_times = run_cycles()
for _, event in ipairs(scenario.afterwards or {}) do apply_event(event) end
io.write(json.encode(dump(cycle_times)), "\n")
