-- @noindex
-- What sidestick heard, as its clusters file has it, and which hit a MIDI note stands for.

local files = require("files")
local json = require("json")
local sorting = require("sorting")
local time_slicing = require("time_slicing")

local clusters = {}

--- Requests the clusters of a job; `on_result(list, problem)` gets them, or nil and a sentence. A row whose `cluster`
-- is below 0 holds hits that are in none. A long list is read in time slices.
function clusters.request(client, job, on_result)
  client:request("/sidestick/clusters", { job }, function(message)
    if message.address == "/sidestick/fail" then return on_result(nil, message.args[4]) end
    time_slicing.start(function()
      local list = json.decode(files.read(message.args[3]) or "", time_slicing.yield)
      if type(list) ~= "table" then return on_result(nil, "sidestick's list of hits cannot be read. Try again.") end
      on_result(list)
    end)
  end)
end

--- The changes that give all hits of a row another label.
function clusters.relabel_changes(row, label)
  if row.cluster >= 0 then return { clusters = { [tostring(row.cluster)] = label } } end
  local hits = {}
  for _, hit in ipairs(row.hits) do hits[tostring(hit.id)] = label end
  return { hits = hits }
end

--- The changes that take all hits of a row out.
function clusters.delete_changes(row)
  if row.cluster >= 0 then return { delete_clusters = { row.cluster } } end
  local ids = {}
  for index, hit in ipairs(row.hits) do ids[index] = hit.id end
  return { delete_hits = ids }
end

--- All hits of all clusters, by the time of their notes.
function clusters.hits(list)
  local hits = {}
  for _, cluster in ipairs(list) do
    for _, hit in ipairs(cluster.hits) do hits[#hits + 1] = hit end
  end
  return sorting.merge_sort(hits, function(a, b) return a.time < b.time end, time_slicing.yield)
end

local MAX_SHIFT = 0.04         -- seconds that the user may have nudged a note by
local PITCH_DISTANCE = 0.03    -- seconds that a note of another pitch counts as further away
local VELOCITY_DISTANCE = 0.0002

local function distance(note, hit)
  local pitch_distance = hit.pitch ~= note.pitch and PITCH_DISTANCE or 0
  return math.abs(hit.time - note.onset) + pitch_distance + VELOCITY_DISTANCE * math.abs(hit.velocity - note.velocity)
end

local function first_index_near(hits, onset)
  local low, high = 1, #hits + 1
  while low < high do
    local middle = (low + high) // 2
    if hits[middle].time < onset - MAX_SHIFT then low = middle + 1 else high = middle end
  end
  return low
end

local function nearest_hit(note, hits, taken)
  local best, least
  for index = first_index_near(hits, note.onset), #hits do
    local hit = hits[index]
    if hit.time > note.onset + MAX_SHIFT then break end
    local hit_distance = distance(note, hit)
    if not taken[hit.id] and (not least or hit_distance < least) then best, least = hit, hit_distance end
  end
  return best
end

--- The ids of the hits that `notes` {onset (second of the song), pitch, velocity} stand for, nearest first come.
function clusters.match_notes(notes, hits)
  local taken, ids = {}, {}
  for _, note in ipairs(notes) do
    local hit = nearest_hit(note, hits, taken)
    if hit then
      taken[hit.id] = true
      ids[#ids + 1] = hit.id
    end
  end
  return ids
end

--- The loudest velocity in each of `count` equal sections of the song, {section (from 1) = velocity}: worked out once.
function clusters.peak_velocities(row, duration, count)
  if row.peaks and row.peak_count == count then return row.peaks end
  local peaks = {}
  for _, hit in ipairs(row.hits) do
    local index = math.max(1, math.min(count, math.floor(hit.time / duration * count) + 1))
    peaks[index] = math.max(peaks[index] or 0, hit.velocity)
  end
  row.peaks, row.peak_count = peaks, count
  return peaks
end

return clusters
