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
    item = item, job = made.job, manifest = made.manifest, rows = {}, grid = {}, sensitivity = {}, marked = 1,
    message = "Asking stemd what it heard ...", waiting = 0, name = "",
  }, Model)
end

--- From now on there is somebody to ask.
function Model:open(post)
  self.post = post
  self:_load()
end

function Model:_load()
  clusters.ask(self.post, self.job, function(list, problem)
    if not list then
      self.message = problem
      return
    end
    slices.start(function() self:_take(list) end)
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
  end
  self.rows = list
  self.velocity, self.count = velocities(list)
  self.marked = math.max(1, math.min(self.marked, #list))
  self.message = problem
end

function Model:row()
  return self.rows[self.marked]
end

function Model:mark(index)
  self.marked = math.max(1, math.min(index, #self.rows))
end

--- 0..1; 0.5 is as stemd heard it.
function Model:sensitivity_of(drum)
  return self.sensitivity[drum] or DEFAULT_SENSITIVITY
end

function Model:_edit(verb, args, title, lines)
  if not self.post or self.waiting > 0 then return end
  self.waiting, self.message = 1, nil
  edits.ask(self.post, self.item, verb, args, { title = title, grid = lines }, function(problem, path)
    self.waiting = 0
    self.message = problem
    if problem then return end
    self.manifest = path
    self:_load()
  end)
end

function Model:_relabel(changes, title)
  self:_edit("relabel", { Post.options(changes) }, title)
end

--- Gives the marked cluster another label.
function Model:relabel(label)
  local row = self:row()
  if not row or row.label == label then return end
  self:_relabel({ clusters = { [tostring(row.cluster)] = label } }, "relabel as " .. drums.name(label))
end

--- Takes all hits of the marked cluster out.
function Model:delete()
  local row = self:row()
  if row then self:_relabel({ delete_clusters = { row.cluster } }, "delete " .. drums.name(row.label)) end
end

--- More (towards 1) or fewer (towards 0) hits of a drum.
function Model:set_sensitivity(drum, value)
  self:_relabel({ sensitivity = { [drum] = math.floor(value * 100 + 0.5) / 100 } }, "more or fewer hits: " .. drum)
end

--- Moves the velocities of a drum so that their mean is `value` (1-127).
function Model:set_velocity(drum, value)
  local change = math.floor(value - self.velocity[drum] + 0.5)
  if change ~= 0 then self:_relabel({ velocity = { { drum = drum, add = change } } }, "velocity of " .. drum) end
end

--- Changes of the grid: step, quantize, strength, swing.
function Model:set_grid(values)
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
  self.post:ask("/stemd/" .. verb, { ... }, function(message)
    if message.address == "/stemd/fail" then self.message = message.args[4] end
  end)
end

--- Plays the marked cluster's notes on stemd's MIDI port.
function Model:audition()
  local row = self:row()
  if row then self:_play("audition", self.job, row.cluster) end
end

function Model:push()
  self:_play("push", self.job, Post.options({ when = "now" }))
end

function Model:stop()
  self:_play("stop")
end

return Model
