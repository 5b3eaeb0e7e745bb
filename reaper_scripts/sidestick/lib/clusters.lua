-- What sidestick heard, as its clusters file has it, and which hit a MIDI note stands for.

local files = require("files")
local json = require("json")
local slices = require("slices")
local sorting = require("sorting")

local clusters = {}

--- Asks for the clusters of a job; `hear(list, problem)` gets them, or nil and a sentence. A row whose `cluster` is
-- below 0 holds hits that are in none. A long list is read in slices.
function clusters.ask(post, job, hear)
  post:ask("/sidestick/clusters", { job }, function(message)
    if message.address == "/sidestick/fail" then return hear(nil, message.args[4]) end
    slices.start(function()
      local found = json.decode(files.read(message.args[3]) or "", slices.breathe)
      if type(found) ~= "table" then return hear(nil, "sidestick's list of hits cannot be read. Try again.") end
      hear(found)
    end)
  end)
end

--- What gives all hits of a row another label.
function clusters.relabelled(row, label)
  if row.cluster >= 0 then return { clusters = { [tostring(row.cluster)] = label } } end
  local hits = {}
  for _, hit in ipairs(row.hits) do hits[tostring(hit.id)] = label end
  return { hits = hits }
end

--- What takes all hits of a row out.
function clusters.deleted(row)
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
  return sorting.sorted(hits, function(a, b) return a.time < b.time end, slices.breathe)
end

local NEAR = 0.04           -- seconds that the user may have nudged a note by
local OTHER_PITCH = 0.03    -- seconds that a note of another pitch counts as further away
local PER_VELOCITY = 0.0002

local function distance(note, hit)
  local strange = hit.pitch ~= note.pitch and OTHER_PITCH or 0
  return math.abs(hit.time - note.onset) + strange + PER_VELOCITY * math.abs(hit.velocity - note.velocity)
end

local function first_near(hits, onset)
  local low, high = 1, #hits + 1
  while low < high do
    local middle = (low + high) // 2
    if hits[middle].time < onset - NEAR then low = middle + 1 else high = middle end
  end
  return low
end

local function best_hit(note, hits, taken)
  local best, least
  for index = first_near(hits, note.onset), #hits do
    local hit = hits[index]
    if hit.time > note.onset + NEAR then break end
    local far = distance(note, hit)
    if not taken[hit.id] and (not least or far < least) then best, least = hit, far end
  end
  return best
end

--- The ids of the hits that `notes` {onset (second of the song), pitch, velocity} stand for, nearest first come.
function clusters.match(notes, hits)
  local taken, ids = {}, {}
  for _, note in ipairs(notes) do
    local hit = best_hit(note, hits, taken)
    if hit then
      taken[hit.id] = true
      ids[#ids + 1] = hit.id
    end
  end
  return ids
end

return clusters
