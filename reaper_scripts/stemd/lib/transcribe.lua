-- From audio items to MIDI items: asks stemd, shows how far it is, inserts the draft and then the final notes.

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

local function input_of(record)
  local set = settings.get("input")
  if set ~= "auto" then return set end
  return record.name:lower():find("drum") and "drums" or "mix"
end

local function options_for(record, wanted)
  local options = { drum_map = settings.get("drum_map"), input = input_of(record) }
  options.grid = { quantize = settings.get("quantize") == "quantized" }
  options.parts = wanted.parts
  if wanted.stems then options.stems, options.input = settings.get("stem_format"), "mix" end
  return options
end

local function new_job(record, wanted)
  return setmetatable({
    record = record, wanted = wanted, options = wanted.options or options_for(record, wanted),
    stage = "waiting", fraction = 0.0, inserted = {},
  }, Job)
end

function Job:ask(post)
  kept.set_asked(self.record.item, { parts = self.wanted.parts, stems = self.wanted.stems, title = self.wanted.title,
    options = self.options })
  self.post = post
  post:ask("/stemd/process", { self.record.path, Post.options(self.options) }, function(message, call)
    self.id = call.job or self.id
    local hear = self[message.address:match("[%a]+$")]
    if hear and not self.over then hear(self, table.unpack(message.args)) end
  end)
end

function Job:progress(_, stage, fraction, eta)
  self.stage, self.fraction, self.eta = stage, fraction, eta
end

-- Kept for a cycle or two: the news of the final file comes together with the news that the job is done.
function Job:midi(_, path)
  if self.wanted.stems or not path:find("%.drums%.mid$") then return end
  self.draft = self.draft or { path = path, at = reaper.time_precise() + 0.3 }
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
  self:_leave()
end

function Job:_insert_parts(paths, from)
  for _, part in ipairs(self.wanted.parts) do
    local problem = paths[part] and self:_insert(part, paths[part], self.wanted.title, from)
    if problem then return problem end
  end
end

-- Nil, or what went wrong. What is there already is not inserted again.
function Job:_insert(part, path, title, from)
  local data = files.read(path)
  if data and data == self.inserted[part] then return nil end
  local notes, problem = midifile.read(data, slices.breathe)
  if not notes then return problem end
  insertion.insert(self.record, { job = self.id, part = part, notes = notes, manifest = from }, title)
  self.inserted[part] = data
end

function Job:_insert_draft(path)
  if self.over or not reaper.ValidatePtr2(0, self.record.item, "MediaItem*") then return end
  self:_insert("drums", path, self.wanted.title .. " (draft)")
end

--- One defer cycle; true while the job goes on.
function Job:step()
  if self.over then return false end
  heartbeat.beat(self.record.guid)
  local draft = self.draft
  if draft and not self.drafted and reaper.time_precise() >= draft.at then
    self.drafted = true
    slices.start(function() self:_insert_draft(draft.path) end)
  end
  return true
end

function Job:cancel()
  if self.id then self.post:ask("/stemd/cancel", { self.id }, function() end) end
end

local function report(jobs)
  local sentences = {}
  for _, job in ipairs(jobs) do sentences[#sentences + 1] = job.problem end
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
-- cannot be used, and what stemd will not hear.
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
