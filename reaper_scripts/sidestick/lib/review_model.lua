-- @noindex
-- What the review window shows and changes: the clusters of one job, its settings, and the MIDI item that follows.

local Client = require("client")
local clusters = require("clusters")
local corrections = require("corrections")
local drums = require("drums")
local item_state = require("item_state")
local json = require("json")
local launcher = require("launcher")
local manifest = require("manifest")
local project = require("project")
local time_slicing = require("time_slicing")

local Model = {}
Model.__index = Model

local DEFAULT_SENSITIVITY = 0.5

function Model.new(take)
  local result = item_state.result(take)
  return setmetatable({
    guid = project.take_guid(take),
    job = result.job, part = result.part, manifest = result.manifest, rows = {}, grid = {},
    sensitivity = {}, selected = 1, message = "Asking sidestick what it heard ...", queue = {}, name = "",
    duration = 1.0,
  }, Model)
end

--- To be called once the daemon can be reached.
function Model:open(client)
  self.client = client
  self:_load()
end

function Model:_load()
  clusters.request(self.client, self.job, function(list, problem)
    if list then return self:_show_clusters(list) end
    self.message = problem
  end)
end

local function mean_velocities(rows)
  local sums, counts = {}, {}
  for _, row in ipairs(rows) do
    sums[row.drum] = (sums[row.drum] or 0) + row.velocity * row.count
    counts[row.drum] = (counts[row.drum] or 0) + row.count
  end
  for drum, count in pairs(counts) do sums[drum] = sums[drum] / count end
  return sums, counts
end

function Model:_show_clusters(list)
  local content, problem = manifest.read(self.manifest, time_slicing.yield)
  if content then
    local effective = manifest.effective_settings(content)
    self.grid, self.sensitivity, self.name = effective.grid, effective.sensitivity, content.source.name
    self.duration = content.source.duration
  end
  self.rows = list
  self.velocity, self.count = mean_velocities(list)
  self.selected = math.max(1, math.min(self.selected, #list))
  self.message = problem or #list == 0 and "No drums were heard in this song, so there is nothing to review." or nil
end

function Model:row()
  return self.rows[self.selected]
end

function Model:select(index)
  self.selected = math.max(1, math.min(index, #self.rows))
end

--- 0..1; 0.5 is as sidestick heard it.
function Model:sensitivity_of(drum)
  return self.sensitivity[drum] or DEFAULT_SENSITIVITY
end

--- Whether a change is on its way.
function Model:is_busy()
  return self.in_flight ~= nil or #self.queue > 0
end

-- Corrections are sent one after the other, so that nothing that is pressed quickly is lost.
function Model:_correct(command, args, title, lines)
  if not self.client then return end
  table.insert(self.queue, { command = command, args = args, step = { title = title, lines = lines } })
  self.message = nil
  self:_send_next()
end

function Model:_send_next()
  if self.in_flight or #self.queue == 0 then return end
  local correction = table.remove(self.queue, 1)
  self.in_flight = correction
  local function on_done(problem, path)
    self.in_flight = nil
    self.message = problem
    if problem then self.queue = {} else self.manifest = path end
    if #self.queue == 0 then self:_load() end
    self:_send_next()
  end
  corrections.request(self.client, self.guid, correction.command, correction.args, correction.step, on_done)
end

function Model:_relabel(changes, title)
  self:_correct("relabel", { Client.encode_options(changes) }, title)
end

--- Gives the selected row another label.
function Model:relabel(label)
  local row = self:row()
  if not row or row.label == label then return end
  self:_relabel(clusters.relabel_changes(row, label), "relabel as " .. drums.name(label))
end

--- Takes all hits of the selected row out.
function Model:delete()
  local row = self:row()
  if row then self:_relabel(clusters.delete_changes(row), "delete " .. drums.name(row.label)) end
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
  self:_correct("regenerate", { Client.encode_options({ grid = values }) }, "grid", json.null)
end

function Model:undo()
  self:_correct("undo", {}, "undo correction")
end

function Model:redo()
  self:_correct("redo", {}, "redo correction")
end

function Model:_request(command, ...)
  if not self.client then return end
  self.client:request("/sidestick/" .. command, { ... }, function(message)
    if message.address == "/sidestick/fail" then self.message = message.args[4] end
  end)
end

--- Plays the selected cluster's notes on sidestick's MIDI port.
function Model:audition()
  local row = self:row()
  if row then self:_request("audition", self.job, row.cluster) end
end

function Model:push()
  self:_request("push", self.job, Client.encode_options({ when = "now", parts = { self.part } }))
end

--- What this window has no room for: sidestick's page in the browser.
function Model:open_page()
  local _, problem = launcher.open_page()
  self.message = problem
end

function Model:stop()
  self:_request("stop")
end

return Model
