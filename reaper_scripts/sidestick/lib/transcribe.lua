-- @noindex
-- From audio items to MIDI items: asks sidestick, shows how far it is, inserts the draft and then the final notes.

local action = require("action")
local Client = require("client")
local clusters = require("clusters")
local Connection = require("connection")
local files = require("files")
local insertion = require("insertion")
local item_lease = require("item_lease")
local item_state = require("item_state")
local job_notes = require("job_notes")
local manifest = require("manifest")
local message_box = require("message_box")
local ProgressWindow = require("progress_window")
local project = require("project")
local remarks = require("remarks")
local settings = require("settings")
local stems = require("stems")
local takes = require("takes")
local time_slicing = require("time_slicing")
local unfinished_jobs = require("unfinished_jobs")

local transcribe = {}

local Job = {}
Job.__index = Job

local function contains(list, wanted)
  for _, value in ipairs(list) do
    if value == wanted then return true end
  end
  return false
end

local NAME_WORDS = { drums = { "drum" }, bass = { "bass" }, vocals = { "vocal", "vox", "voice" }, other = {} }

local function is_named_after(record, part)
  for _, word in ipairs(NAME_WORDS[part]) do
    if record.name:lower():find(word, 1, true) then return true end
  end
  return false
end

-- A file is a stem already if its name says so, or the settings do; only one part can be made of it.
local function input_of(record, spec)
  local setting, part = settings.get("input"), spec.parts[1]
  if spec.stems or #spec.parts > 1 or setting == "mix" then return "mix" end
  return (setting == "stem" or is_named_after(record, part)) and part or "mix"
end

local ALL = { "drums", "bass", "vocals", "other" }

-- One result lies beside a file, so what the project has of it already is asked for again: it comes from the cache.
local function parts_for(record, spec, input)
  if input ~= "mix" then return spec.parts end
  local parts, present = {}, item_state.parts_of_file(record.path)
  for _, part in ipairs(ALL) do
    if present[part] or contains(spec.parts, part) then parts[#parts + 1] = part end
  end
  return parts
end

local function options_for(record, spec)
  local input = input_of(record, spec)
  local options = { drum_map = settings.get("drum_map"), input = input, parts = parts_for(record, spec, input) }
  options.start = "audio"  -- notes are placed by the seconds of the song
  options.grid = { quantize = settings.get("quantize") == "quantized" }
  if spec.stems then options.stems = settings.get("stem_format") end
  return options
end

local function new_job(record, spec)
  return setmetatable({
    record = record, spec = spec, options = spec.options or options_for(record, spec),
    doing = "Waiting", fraction = 0.0, inserted = {}, drafts = {}, remarks = {},
  }, Job)
end

-- What was asked for, so that it is offered again if its result is never inserted; nil once it is.
function Job:_save_spec(is_open)
  local item, spec = project.find_item(self.record.guid), self.spec
  if not item then return end
  local values = { parts = spec.parts, stems = spec.stems, title = spec.title, options = self.options }
  item_state.set_job_spec(item, is_open and values or nil)
end

function Job:request(client)
  self:_save_spec(true)
  self.client = client
  local args = { self.record.path, Client.encode_options(self.options) }
  client:request("/sidestick/process", args, function(message, request)
    self.id = request.job or self.id
    if self.cancel_requested then self:cancel() end
    local handler = self["on_" .. message.address:match("[%a]+$")]
    if handler and not self.finished then handler(self, table.unpack(message.args)) end
  end)
end

function Job:on_progress(_, _, fraction, eta, doing)
  self.doing, self.fraction, self.eta = doing, fraction, eta
end

function Job:on_remark(_, code, text)
  remarks.add(self.remarks, code, text)
end

-- The part whose notes a .mid holds, nil for the one of the whole song. A name that is taken gets a number.
local function part_of(path, source)
  local _, name = files.name(path)
  local _, song = files.name(source)
  local first = name:gsub("%-%d+$", "")
  return name ~= song and first ~= song and first:match("%.(%a+)$") or nil
end

-- Held back for a cycle or two: the news of the final file comes together with the news that the job is done.
function Job:on_midi(_, path)
  local part = part_of(path, self.record.path)
  if self.spec.stems or not contains(self.spec.parts, part) then return end
  self.drafts[part] = self.drafts[part] or { at = reaper.time_precise() + 0.3 }
end

function Job:on_done(_, _, _, path)
  self.finished, self.doing, self.fraction = true, "Inserting", 1.0
  if self.spec.stems then return time_slicing.start(function() self:_finish(path) end) end
  job_notes.request(self.client, self.id, function(parts, problem) self:_finish(path, parts, problem) end)
end

local function with_name(record, sentence)
  return sentence:find(record.name, 1, true) and sentence or ("%s: %s"):format(record.name, sentence)
end

function Job:on_fail(_, _, code, text)
  self.finished, self.failed = true, true
  self:_release_item()
  if code ~= "cancelled" then self.problem = with_name(self.record, text) end
end

function Job:_release_item()
  item_lease.release(self.record.guid)
  self:_save_spec(false)
end

-- The audio item as it is now: it may have been moved, cut, stretched or made anew since the action was run. Nil and a
-- sentence if it is not there or plays something else.
function Job:_read_take()
  project.wait_for_tab()
  if not project.is_open() then return nil, project.CLOSED end
  local item = project.find_item(self.record.guid)
  if not item then return nil, "The audio item is gone, so nothing was inserted." end
  local record, problem = takes.read(item)
  if record and record.path ~= self.record.path then
    return nil, "The audio item plays another file now, so nothing was inserted. Run the action once more."
  end
  return record, problem
end

-- `parts` are the notes of each part; nil for stems, and where a problem says why there are none.
function Job:_finish(path, parts, problem)
  local content, record
  if not problem then content, problem = manifest.read(path, time_slicing.yield) end
  if content then record, problem = self:_read_take() end
  if record and self.spec.stems then
    local function finish() self:_save_spec(false) end
    problem = stems.insert(record, manifest.stem_paths(content, path), finish)
  end
  if record and parts then problem = self:_insert_parts(record, parts, path) end
  self.problem = problem and with_name(self.record, problem)
  self.remark = content and manifest.separator_fallback(content)
  self:_release_item()
  if record and settings.get("drum_map") ~= "gm" then self:_name_rows() end
end

-- With another drum map than General MIDI only the daemon knows which drum is which note.
function Job:_name_rows()
  clusters.request(self.client, self.id, function(list)
    if list and project.find_item(self.record.guid) then insertion.name_rows(self.record, list) end
  end)
end

local function no_notes_text(parts)
  local words = {}
  for index, part in ipairs(parts) do words[index] = part == "other" and "other instruments" or part end
  return ("sidestick heard no %s in it."):format(table.concat(words, ", no "))
end

-- The parts to insert, and those that the project had already: they belong to this job from now on.
function Job:_insert_parts(record, parts, from)
  local list, missing = {}, {}
  for _, part in ipairs(self.options.parts) do
    local requested = contains(self.spec.parts, part)
    if parts[part] and (requested or item_state.find_take(self.record.guid, part)) then
      list[#list + 1] = { part = part, notes = parts[part] }
    elseif requested then
      missing[#missing + 1] = part
    end
  end
  local problem, silent = self:_insert(record, list, self.spec.title, from)
  table.move(silent, 1, #silent, #missing + 1, missing)
  return problem or #missing == #self.spec.parts and no_notes_text(missing) or nil
end

-- What went wrong, or nil, and the parts without a note. What is there already, for an item that is played as it was,
-- is not inserted again, and no empty item is made. No undo state says that the result is still to come: going back to
-- it would ask the old question again.
function Job:_insert(record, list, title, from)
  local results, silent = {}, {}
  for _, entry in ipairs(list) do
    local notes, previous = entry.notes, self.inserted[entry.part]
    local is_same = previous and insertion.is_same(previous.map, record.map:values())
    if not is_same or not job_notes.is_same(previous.notes, notes) then
      local has_take = #notes > 0 or item_state.find_take(self.record.guid, entry.part)
      local result = { job = self.id, part = entry.part, notes = notes, manifest = from }
      table.insert(has_take and results or silent, has_take and result or entry.part)
      self.inserted[entry.part] = { notes = notes, map = record.map:values() }
    end
  end
  return insertion.insert(record, results, title, function() self:_save_spec(false) end), silent
end

function Job:_insert_draft(part, notes)
  local record = notes and not self.finished and self:_read_take()
  if not record then return end
  self:_insert(record, { { part = part, notes = notes } }, self.spec.title .. " (draft)")
  self:_save_spec(not self.finished)
end

--- One defer cycle; true while the job goes on.
function Job:step()
  if self.finished then return false end
  item_lease.renew(self.record.guid)
  for part, draft in pairs(self.drafts) do
    if not draft.is_inserted and reaper.time_precise() >= draft.at then
      draft.is_inserted = true
      job_notes.request(self.client, self.id, function(parts) self:_insert_draft(part, parts and parts[part]) end)
    end
  end
  return true
end

-- A job that sidestick has not named yet is cancelled as soon as it is.
function Job:cancel()
  self.cancel_requested = not self.id
  if self.id then self.client:request("/sidestick/cancel", { self.id }, function() end) end
end

local function report(jobs)
  local sentences = {}
  for _, job in ipairs(jobs) do
    sentences[#sentences + 1] = job.problem
    remarks.show(job.record.name, job.remarks)
    if job.remark and message_box.is_first_time(job.remark) then sentences[#sentences + 1] = job.remark end
  end
  message_box.show_all(sentences)
end

-- An action that is stopped in the middle leaves its items to the next one, which goes on with them.
local function leave_unfinished(jobs)
  for _, job in ipairs(jobs) do
    if not job.finished then item_lease.leave(job.record.guid) end
  end
end

local function run_jobs(jobs)
  local window = ProgressWindow.new(jobs)
  local has_ended = false
  action.at_exit(function()
    window:close()
    if not has_ended then leave_unfinished(jobs) end
  end)
  local function step(connection)
    local is_waiting = connection:step()
    local is_working = false
    for _, job in ipairs(jobs) do is_working = job:step() or is_working end
    window:step()
    return not connection.has_failed and (is_working or is_waiting)
  end
  local function start(client)
    for _, job in ipairs(jobs) do job:request(client) end
  end
  local connection = Connection.new(start)
  time_slicing.run_loop(function() return step(connection) end, function()
    has_ended = true
    window:close()
    report(jobs)
  end)
end

--- Runs a list of {record, spec}; `spec` is {title, parts, stems, options}. An item that a script works on
-- already is left to it.
function transcribe.run(list)
  local jobs = {}
  for _, entry in ipairs(list) do
    if not item_lease.is_held(entry.record.guid) then
      item_lease.renew(entry.record.guid)
      jobs[#jobs + 1] = new_job(entry.record, entry.spec)
    end
  end
  if #jobs > 0 then run_jobs(jobs) end
end

--- Runs `spec` on the selected items, and unfinished jobs if the user wants them. Shows which items cannot be used, and
-- what sidestick will not take into account.
function transcribe.run_on_selection(spec)
  local records, sentences = takes.read_selected()
  local list = {}
  for _, record in ipairs(records) do
    for _, warning in ipairs(record.warnings) do sentences[#sentences + 1] = warning end
    list[#list + 1] = { record = record, spec = spec }
  end
  message_box.show_all(sentences)
  for _, entry in ipairs(unfinished_jobs.offer(records)) do list[#list + 1] = entry end
  transcribe.run(list)
end

return transcribe
