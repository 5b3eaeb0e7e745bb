-- From audio items to MIDI items: asks sidestick, shows how far it is, inserts the draft and then the final notes.

local clusters = require("clusters")
local Connection = require("connection")
local files = require("files")
local heartbeat = require("heartbeat")
local Hud = require("hud")
local insertion = require("insertion")
local kept = require("kept")
local leftovers = require("leftovers")
local loop = require("loop")
local manifest = require("manifest")
local midifile = require("midifile")
local Post = require("post")
local say = require("say")
local settings = require("settings")
local slices = require("slices")
local stems = require("stems")
local takes = require("takes")

local transcribe = {}

local Job = {}
Job.__index = Job

local function has(list, wanted)
  for _, value in ipairs(list) do
    if value == wanted then return true end
  end
  return false
end

local NAMED = { drums = { "drum" }, bass = { "bass" }, vocals = { "vocal", "vox", "voice" }, other = {} }

local function is_called(record, part)
  for _, word in ipairs(NAMED[part]) do
    if record.name:lower():find(word, 1, true) then return true end
  end
  return false
end

-- A file is a stem already if its name says so, or the settings do; only one part can be made of it.
local function input_of(record, wanted)
  local set, part = settings.get("input"), wanted.parts[1]
  if wanted.stems or #wanted.parts > 1 or set == "mix" then return "mix" end
  return (set == "stem" or is_called(record, part)) and part or "mix"
end

local ALL = { "drums", "bass", "vocals", "other" }

-- One result lies beside a file, so what the project has of it already is asked for again: it comes from the cache.
local function parts_for(record, wanted, input)
  if input ~= "mix" then return wanted.parts end
  local parts, there = {}, kept.parts(record.path)
  for _, part in ipairs(ALL) do
    if there[part] or has(wanted.parts, part) then parts[#parts + 1] = part end
  end
  return parts
end

local function options_for(record, wanted)
  local input = input_of(record, wanted)
  local options = { drum_map = settings.get("drum_map"), input = input, parts = parts_for(record, wanted, input) }
  options.grid = { quantize = settings.get("quantize") == "quantized" }
  if wanted.stems then options.stems = settings.get("stem_format") end
  return options
end

local function new_job(record, wanted)
  return setmetatable({
    record = record, wanted = wanted, options = wanted.options or options_for(record, wanted),
    stage = "waiting", fraction = 0.0, inserted = {}, drafts = {},
  }, Job)
end

function Job:ask(post)
  kept.set_asked(self.record.item, { parts = self.wanted.parts, stems = self.wanted.stems, title = self.wanted.title,
    options = self.options })
  self.post = post
  post:ask("/sidestick/process", { self.record.path, Post.options(self.options) }, function(message, call)
    self.id = call.job or self.id
    if self.unwanted then self:cancel() end
    local hear = self[message.address:match("[%a]+$")]
    if hear and not self.over then hear(self, table.unpack(message.args)) end
  end)
end

function Job:progress(_, stage, fraction, eta)
  self.stage, self.fraction, self.eta = stage, fraction, eta
end

-- The part whose notes a .mid holds, nil for the one of the whole song. A name that is taken gets a number.
local function part_of(path, source)
  local _, name = files.name(path)
  local _, song = files.name(source)
  local first = name:gsub("%-%d+$", "")
  return name ~= song and first ~= song and first:match("%.(%a+)$") or nil
end

-- Kept for a cycle or two: the news of the final file comes together with the news that the job is done.
function Job:midi(_, path)
  local part = part_of(path, self.record.path)
  if self.wanted.stems or not has(self.wanted.parts, part) then return end
  self.drafts[part] = self.drafts[part] or { path = path, at = reaper.time_precise() + 0.3 }
end

function Job:done(_, _, _, path)
  self.over, self.stage, self.fraction = true, "inserting", 1.0
  slices.start(function() self:_finish(path) end)
end

local function named(record, sentence)
  return sentence:find(record.name, 1, true) and sentence or ("%s: %s"):format(record.name, sentence)
end

function Job:fail(_, _, code, text)
  self.over, self.failed = true, true
  self:_leave()
  if code ~= "cancelled" then self.problem = named(self.record, text) end
end

function Job:_leave()
  heartbeat.stop(self.record.guid)
  if reaper.ValidatePtr2(0, self.record.item, "MediaItem*") then kept.set_asked(self.record.item, nil) end
end

function Job:_finish(path)
  local found, problem = manifest.read(path, slices.breathe)
  if found and not reaper.ValidatePtr2(0, self.record.item, "MediaItem*") then
    found, problem = nil, "The audio item is gone, so nothing was inserted."
  end
  if found and self.wanted.stems then problem = stems.insert(self.record, manifest.stems(found, path)) end
  if found and not self.wanted.stems then problem = self:_insert_parts(manifest.midi(found, path), path) end
  self.problem = problem and named(self.record, problem)
  self.remark = found and manifest.makeshift(found)
  self:_leave()
  if found and settings.get("drum_map") ~= "gm" then self:_name_rows() end
end

-- With another drum map than General MIDI only the daemon knows which drum is which note.
function Job:_name_rows()
  clusters.ask(self.post, self.id, function(list)
    if list and reaper.ValidatePtr2(0, self.record.item, "MediaItem*") then insertion.name_rows(self.record, list) end
  end)
end

local function none_of(parts)
  local words = {}
  for index, part in ipairs(parts) do words[index] = part == "other" and "other instruments" or part end
  return ("sidestick heard no %s in it."):format(table.concat(words, ", no "))
end

-- The parts to insert, and those that the project had already: they belong to this job from now on.
function Job:_insert_parts(paths, from)
  local list, missing = {}, {}
  for _, part in ipairs(self.options.parts) do
    local wanted = has(self.wanted.parts, part)
    if paths[part] and (wanted or kept.find(self.record.guid, part)) then
      list[#list + 1] = { part = part, path = paths[part] }
    elseif wanted then
      missing[#missing + 1] = part
    end
  end
  local problem, silent = self:_insert(list, self.wanted.title, from)
  table.move(silent, 1, #silent, #missing + 1, missing)
  return problem or #missing == #self.wanted.parts and none_of(missing) or nil
end

-- What went wrong, or nil, and the parts without a note. What is there already is not inserted again, and no empty
-- item is made.
function Job:_insert(list, title, from)
  local results, silent = {}, {}
  for _, entry in ipairs(list) do
    local data = files.read(entry.path)
    if not data or data ~= self.inserted[entry.part] then
      local notes, problem = midifile.read(data, slices.breathe)
      if not notes then return problem, silent end
      local shown = #notes > 0 or kept.find(self.record.guid, entry.part)
      local result = { job = self.id, part = entry.part, notes = notes, manifest = from }
      table.insert(shown and results or silent, shown and result or entry.part)
      self.inserted[entry.part] = data
    end
  end
  insertion.insert(self.record, results, title)
  return nil, silent
end

function Job:_insert_draft(part, path)
  if self.over or not reaper.ValidatePtr2(0, self.record.item, "MediaItem*") then return end
  self:_insert({ { part = part, path = path } }, self.wanted.title .. " (draft)")
end

--- One defer cycle; true while the job goes on.
function Job:step()
  if self.over then return false end
  heartbeat.beat(self.record.guid)
  for part, draft in pairs(self.drafts) do
    if not draft.taken and reaper.time_precise() >= draft.at then
      draft.taken = true
      slices.start(function() self:_insert_draft(part, draft.path) end)
    end
  end
  return true
end

-- A job that sidestick has not named yet is cancelled as soon as it is.
function Job:cancel()
  self.unwanted = not self.id
  if self.id then self.post:ask("/sidestick/cancel", { self.id }, function() end) end
end

local function report(jobs)
  local sentences = {}
  for _, job in ipairs(jobs) do
    sentences[#sentences + 1] = job.problem
    if job.remark and say.first_time(job.remark) then sentences[#sentences + 1] = job.remark end
  end
  say.all(sentences)
end

local function work(jobs)
  local hud = Hud.new(jobs)
  local function step(connection)
    local going = connection:step()
    local alive = false
    for _, job in ipairs(jobs) do alive = job:step() or alive end
    hud:step()
    return not connection.failed and (alive or going)
  end
  local function start(post)
    for _, job in ipairs(jobs) do job:ask(post) end
  end
  local connection = Connection.new(start)
  loop.run(function() return step(connection) end, function()
    hud:close()
    report(jobs)
  end)
end

--- Runs a list of {record, wanted}; `wanted` is {title, parts, stems, options}. What a script works on already is
-- left to it.
function transcribe.run(list)
  local jobs = {}
  for _, entry in ipairs(list) do
    if not heartbeat.alive(entry.record.guid) then
      heartbeat.beat(entry.record.guid)
      jobs[#jobs + 1] = new_job(entry.record, entry.wanted)
    end
  end
  if #jobs > 0 then work(jobs) end
end

--- Runs `wanted` on the selected items, and what was left over from before if the user wants it. Tells which items
-- cannot be used, and what sidestick will not hear.
function transcribe.selected(wanted)
  local records, sentences = takes.selected()
  local list = {}
  for _, record in ipairs(records) do
    for _, warning in ipairs(record.warnings) do sentences[#sentences + 1] = warning end
    list[#list + 1] = { record = record, wanted = wanted }
  end
  say.all(sentences)
  for _, entry in ipairs(leftovers.offer(records)) do list[#list + 1] = entry end
  transcribe.run(list)
end

return transcribe
