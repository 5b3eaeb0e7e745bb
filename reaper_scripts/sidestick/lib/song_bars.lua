-- @noindex
-- The bars of a song as sidestick heard them, at the project times at which an item plays them.

local song_bars = {}

local STEADY = 0.010  -- seconds; as the daemon does, a song of one tempo that is beaten this evenly gets a ruler
local FINEST_UNIT = 32

local function regression(beats)
  local count, sum, slope_sum = #beats, 0, 0
  for _, beat in ipairs(beats) do sum = sum + beat end
  local middle = (count + 1) / 2
  local spread = count * (count * count - 1) / 12
  for index, beat in ipairs(beats) do slope_sum = slope_sum + (index - middle) * beat end
  local interval = slope_sum / spread
  return sum / count - interval * middle, interval
end

-- The beats; those of a song of one tempo evened out.
local function even_beats(grid)
  if not grid.constant then return grid.beats end
  local first, interval = regression(grid.beats)
  local even = {}
  for index, beat in ipairs(grid.beats) do
    even[index] = first + interval * index
    if even[index] < 0 or math.abs(even[index] - beat) > STEADY then return grid.beats end
  end
  return even
end

-- How many beats there are in most bars.
local function usual_count(downbeats, fallback)
  local counts, best = {}, fallback
  for index = 1, #downbeats - 1 do
    local count = downbeats[index + 1] - downbeats[index]
    counts[count] = (counts[count] or 0) + 1
    if counts[count] > (counts[best] or 0) then best = count end
  end
  return best
end

-- Quarter notes in a beat, as the daemon counts them: 6/8, 9/8 and 12/8 have beats of three eighths.
local function beat_length(grid, usual)
  if (grid.quarters or 0) > 0 then return grid.quarters end
  if grid.denominator == 8 and grid.numerator == 3 * usual then return 1.5 end
  return 4 / grid.denominator
end

-- A bar of so many quarter notes in the song's own unit, or in the first finer one that fits.
local function meter_of(quarters, denominator)
  local unit = denominator
  while unit < FINEST_UNIT and math.abs(quarters * unit / 4 % 1) > 1e-6 do unit = unit * 2 end
  return math.floor(quarters * unit / 4 + 0.5), unit
end

local function new_bar(grid, count, beat, second, stop)
  local numerator, denominator = meter_of(count * beat, grid.denominator)
  return { second = second, stop = stop, quarters = count * beat, numerator = numerator, denominator = denominator }
end

--- {second, stop, quarters, numerator, denominator} of each bar in seconds of the file, nil when no beat was heard. The
-- last bar is as long as the one before.
function song_bars.read(grid)
  if (grid.confidence or 0) <= 0 or #grid.beats < 2 or #grid.downbeats < 1 then return nil end
  local beats, downbeats = even_beats(grid), grid.downbeats
  local usual = usual_count(downbeats, grid.numerator)
  local beat, bars = beat_length(grid, usual), {}
  for index = 1, #downbeats - 1 do
    local here, after = downbeats[index], downbeats[index + 1]
    bars[index] = new_bar(grid, after - here, beat, beats[here + 1], beats[after + 1])
  end
  local last = downbeats[#downbeats]
  local interval = (beats[#beats] - beats[math.max(1, #beats - usual)]) / math.min(usual, #beats - 1)
  local second = beats[last + 1]
  bars[#bars + 1] = new_bar(grid, usual, beat, second, second + usual * interval)
  return bars
end

--- The bars that begin while the item plays, with `time` and `stop` in seconds of the project. What a loop plays again
-- is left out.
function song_bars.place(bars, map)
  local placed = {}
  for _, bar in ipairs(bars) do
    local time = map:times(bar.second)[1]
    local before = placed[#placed]
    if time and (not before or time > before.time) then
      local length = (bar.stop - bar.second) / map:speed(bar.second)
      local stop = map:times(bar.stop)[1] or time + length
      bar.time, bar.stop_time = time, stop > time and stop or time + length
      placed[#placed + 1] = bar
    end
  end
  return placed
end

return song_bars
