-- @noindex
-- The progress window: how far the jobs are, with a button to cancel each. Closing it stops nothing.

local graphics = require("graphics")
local Widgets = require("widgets")
local window_position = require("window_position")

local ProgressWindow = {}
ProgressWindow.__index = ProgressWindow

local WIDTH, ROW_HEIGHT, MARGIN, MORE_HEIGHT = 420, 56, 14, 20
local MAX_ROWS = 8  -- rows; more would not fit on a small screen
local CLOSED, ESCAPE = -1, 27

--- `jobs` have record.name, doing, fraction, eta and cancel().
function ProgressWindow.new(jobs)
  local height = math.min(#jobs, MAX_ROWS) * ROW_HEIGHT + MARGIN + (#jobs > MAX_ROWS and MORE_HEIGHT or 0)
  local position, row_share = window_position.load("progress", WIDTH, height), (ROW_HEIGHT + MARGIN) / height
  if not position.is_new then position.h = math.floor(position.h / row_share + 0.5) end
  graphics.open_window("sidestick", position)
  return setmetatable({ jobs = jobs, widgets = Widgets.new(), is_open = true, row_share = row_share }, ProgressWindow)
end

local function status_text(job)
  if job.failed then return "Failed" end
  local eta = job.eta or -1
  if eta < 0 or job.finished then return job.doing end
  if eta >= 90 then return ("%s, %.0f min left"):format(job.doing, math.ceil(eta / 60)) end
  return ("%s, %.0f s left"):format(job.doing, eta)
end

local function draw_row(self, job, y, w)
  local status = { font = "small", colour = "dim", align = "right" }
  local width = w - 2 * MARGIN
  graphics.draw_text(status_text(job), MARGIN + width * 0.5, y, width * 0.5, 22, status)
  graphics.draw_text(job.record.name, MARGIN, y, width * 0.55 - 8, 22, { font = "bold" })
  local bar_width = w - 2 * MARGIN - 80
  self.widgets.draw_meter(job.fraction, MARGIN, y + 30, bar_width, 4, job.failed and "warn" or "accent")
  local style = { disabled = job.finished, font = "small" }
  local clicked = self.widgets:button("Cancel", w - MARGIN - 68, y + 22, 68, 20, style)
  if clicked then job:cancel() end
end

-- Unfinished jobs come first.
local function visible_jobs(jobs)
  local shown = {}
  for _, finished in ipairs({ false, true }) do
    for _, job in ipairs(jobs) do
      if (job.finished or false) == finished and #shown < MAX_ROWS then shown[#shown + 1] = job end
    end
  end
  return shown
end

local function draw(self)
  graphics.begin_frame()
  self.widgets:begin_frame()
  local w, h = graphics.window_size()
  graphics.fill_rect(0, 0, w, h, "back")
  local shown = visible_jobs(self.jobs)
  for index, job in ipairs(shown) do draw_row(self, job, (index - 1) * ROW_HEIGHT + 4, w) end
  if #self.jobs > #shown then
    local more = ("and %d more"):format(#self.jobs - #shown)
    graphics.draw_text(more, MARGIN, #shown * ROW_HEIGHT + 4, w - 2 * MARGIN, 22, { font = "small", colour = "dim" })
  end
  self.widgets:end_frame()
  gfx.update()
end

--- To be called in every defer cycle.
function ProgressWindow:step()
  if not self.is_open then return end
  draw(self)
  local key = gfx.getchar()
  if key == CLOSED or key == ESCAPE then self:close() end
end

function ProgressWindow:close()
  if not self.is_open then return end
  self.is_open = false
  window_position.save("progress", self.row_share)  -- the height of one row: the next time there may be more or fewer
  gfx.quit()
end

return ProgressWindow
