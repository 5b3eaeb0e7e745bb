-- A small window that says how far the jobs are, with a button to cancel each. Closing it stops nothing.

local paint = require("paint")
local place = require("place")
local Widgets = require("widgets")

local Hud = {}
Hud.__index = Hud

local WIDTH, ROW, EDGE, MORE = 420, 56, 14, 20
local MOST = 8  -- rows; more would not fit on a small screen
local CLOSED, ESCAPE = -1, 27

--- `jobs` have record.name, stage, fraction, eta and cancel().
function Hud.new(jobs)
  local high = math.min(#jobs, MOST) * ROW + EDGE + (#jobs > MOST and MORE or 0)
  local where, one = place.load("progress", WIDTH, high), (ROW + EDGE) / high
  if not where.fresh then where.h = math.floor(where.h / one + 0.5) end
  paint.open("sidestick", where)
  return setmetatable({ jobs = jobs, widgets = Widgets.new(), open = true, one = one }, Hud)
end

-- What the daemon's stages are to a musician; others are shown as they are called.
local STAGES = {
  queued = "waiting", draft = "first draft", decode = "reading the file", separate = "separating", listen = "listening",
  kit = "taking the kit apart", hits = "finding hits", beats = "finding the beat", notes = "finding notes",
  harmony = "finding the chords", write = "writing",
}

local function remaining(job)
  if job.failed then return "failed" end
  local stage, eta = STAGES[job.stage] or job.stage, job.eta or -1
  if eta < 0 or job.over then return stage end
  if eta >= 90 then return ("%s, %.0f min left"):format(stage, math.ceil(eta / 60)) end
  return ("%s, %.0f s left"):format(stage, eta)
end

local function row(self, job, y, w)
  local status = { font = "small", colour = "dim", align = "right" }
  local room = w - 2 * EDGE
  paint.text(remaining(job), EDGE + room * 0.5, y, room * 0.5, 22, status)
  paint.text(job.record.name, EDGE, y, room * 0.55 - 8, 22, { font = "bold" })
  local bar = w - 2 * EDGE - 80
  self.widgets.meter(job.fraction, EDGE, y + 30, bar, 4, job.failed and "warn" or "accent")
  local clicked = self.widgets:button("Cancel", w - EDGE - 68, y + 22, 68, 20, { dim = job.over, font = "small" })
  if clicked then job:cancel() end
end

-- Those that go on come first.
local function in_sight(jobs)
  local shown = {}
  for _, over in ipairs({ false, true }) do
    for _, job in ipairs(jobs) do
      if (job.over or false) == over and #shown < MOST then shown[#shown + 1] = job end
    end
  end
  return shown
end

local function draw(self)
  paint.begin()
  self.widgets:begin()
  local w, h = paint.size()
  paint.box(0, 0, w, h, "back")
  local shown = in_sight(self.jobs)
  for index, job in ipairs(shown) do row(self, job, (index - 1) * ROW + 4, w) end
  if #self.jobs > #shown then
    local more = ("and %d more"):format(#self.jobs - #shown)
    paint.text(more, EDGE, #shown * ROW + 4, w - 2 * EDGE, 22, { font = "small", colour = "dim" })
  end
  self.widgets:finish()
  gfx.update()
end

--- To be called in every defer cycle.
function Hud:step()
  if not self.open then return end
  draw(self)
  local key = gfx.getchar()
  if key == CLOSED or key == ESCAPE then self:close() end
end

function Hud:close()
  if not self.open then return end
  self.open = false
  place.save("progress", self.one)  -- the height of one row: the next time there may be more or fewer
  gfx.quit()
end

return Hud
