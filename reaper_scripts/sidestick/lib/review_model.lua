-- What the review window shows and changes: the clusters of one job, its settings, and the MIDI item that follows.

local clusters = require("clusters")
local drums = require("drums")
local edits = require("edits")
local json = require("json")
local kept = require("kept")
local manifest = require("manifest")
local Post = require("post")
local slices = require("slices")

local Model = {}
Model.__index = Model

local DEFAULT_SENSITIVITY = 0.5

function Model.new(item)
  local made = kept.made(item)
  return setmetatable({
    item = item, job = made.job, part = made.part, manifest = made.manifest, rows = {}, grid = {}, sensitivity = {},
    marked = 1, message = "Asking sidestick what it heard ...", queue = {}, name = "", duration = 1.0,
  }, Model)
end

--- From now on there is somebody to ask.
function Model:open(post)
  self.post = post
  self:_load()
end

function Model:_load()
  clusters.ask(self.post, self.job, function(list, problem)
    if list then return self:_take(list) end
    self.message = problem
  end)
end

local function velocities(rows)
  local sums, counts = {}, {}
  for _, row in ipairs(rows) do
    sums[row.drum] = (sums[row.drum] or 0) + row.velocity * row.count
    counts[row.drum] = (counts[row.drum] or 0) + row.count
  end
  for drum, count in pairs(counts) do sums[drum] = sums[drum] / count end
  return sums, counts
end

function Model:_take(list)
  local found, problem = manifest.read(self.manifest, slices.breathe)
  if found then
    local settled = manifest.settled(found)
    self.grid, self.sensitivity, self.name = settled.grid, settled.sensitivity, found.source.name
    self.duration = found.source.duration
  end
  self.rows = list
  self.velocity, self.count = velocities(list)
  self.marked = math.max(1, math.min(self.marked, #list))
  self.message = problem or #list == 0 and "No drums were heard in this song, so there is nothing to review." or nil
end

function Model:row()
  return self.rows[self.marked]
end

function Model:mark(index)
  self.marked = math.max(1, math.min(index, #self.rows))
end

--- 0..1; 0.5 is as sidestick heard it.
function Model:sensitivity_of(drum)
  return self.sensitivity[drum] or DEFAULT_SENSITIVITY
end

--- Whether a change is on its way.
function Model:busy()
  return self.asking ~= nil or #self.queue > 0
end

-- Changes go out one after the other, so that nothing that is pressed quickly is lost.
function Model:_edit(verb, args, title, lines)
  if not self.post then return end
  table.insert(self.queue, { verb = verb, args = args, how = { title = title, grid = lines } })
  self.message = nil
  self:_next()
end

function Model:_next()
  if self.asking or #self.queue == 0 then return end
  local edit = table.remove(self.queue, 1)
  self.asking = edit
  edits.ask(self.post, self.item, edit.verb, edit.args, edit.how, function(problem, path)
    self.asking = nil
    self.message = problem
    if problem then self.queue = {} else self.manifest = path end
    if #self.queue == 0 then self:_load() end
    self:_next()
  end)
end

function Model:_relabel(changes, title)
  self:_edit("relabel", { Post.options(changes) }, title)
end

--- Gives the marked row another label.
function Model:relabel(label)
  local row = self:row()
  if not row or row.label == label then return end
  self:_relabel(clusters.relabelled(row, label), "relabel as " .. drums.name(label))
end

--- Takes all hits of the marked row out.
function Model:delete()
  local row = self:row()
  if row then self:_relabel(clusters.deleted(row), "delete " .. drums.name(row.label)) end
end

--- More (towards 1) or fewer (towards 0) hits of a drum. The slider stays where it was let go.
function Model:set_sensitivity(drum, value)
  self.sensitivity[drum] = math.floor(value * 100 + 0.5) / 100
  self:_relabel({ sensitivity = { [drum] = self.sensitivity[drum] } }, "more or fewer hits: " .. drum)
end

--- Moves the velocities of a drum so that their mean is `value` (1-127).
function Model:set_velocity(drum, value)
  local change = math.floor(value - self.velocity[drum] + 0.5)
  if change == 0 then return end
  self.velocity[drum] = value
  self:_relabel({ velocity = { { drum = drum, add = change } } }, "velocity of " .. drum)
end

--- Changes of the grid: step, quantize, strength, swing.
function Model:set_grid(values)
  for name, value in pairs(values) do self.grid[name] = value end
  self:_edit("regenerate", { Post.options({ grid = values }) }, "grid", json.null)
end

function Model:undo()
  self:_edit("undo", {}, "undo correction")
end

function Model:redo()
  self:_edit("redo", {}, "redo correction")
end

function Model:_play(verb, ...)
  if not self.post then return end
  self.post:ask("/sidestick/" .. verb, { ... }, function(message)
    if message.address == "/sidestick/fail" then self.message = message.args[4] end
  end)
end

--- Plays the marked cluster's notes on sidestick's MIDI port.
function Model:audition()
  local row = self:row()
  if row then self:_play("audition", self.job, row.cluster) end
end

function Model:push()
  self:_play("push", self.job, Post.options({ when = "now", parts = { self.part } }))
end

function Model:stop()
  self:_play("stop")
end

return Model
