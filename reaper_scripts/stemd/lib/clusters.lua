-- What stemd heard, as its clusters file has it, and which hit a MIDI note stands for.

local files = require("files")
local json = require("json")

local clusters = {}

--- Asks for the clusters of a job; `hear(list, problem)` gets them, or nil and a sentence.
function clusters.ask(post, job, hear)
  post:ask("/stemd/clusters", { job }, function(message)
    if message.address == "/stemd/fail" then return hear(nil, message.args[4]) end
    local found = json.decode(files.read(message.args[3]) or "")
    if type(found) ~= "table" then return hear(nil, "stemd's list of hits cannot be read. Try again.") end
    hear(found)
  end)
end

--- All hits of all clusters, by onset.
function clusters.hits(list)
  local hits = {}
  for _, cluster in ipairs(list) do
    for _, hit in ipairs(cluster.hits) do hits[#hits + 1] = hit end
  end
  table.sort(hits, function(a, b) return a.onset < b.onset end)
  return hits
end

local NEAR = 0.15            -- seconds; a quantized hit is no further from its onset
local OTHER_PITCH = 0.08     -- seconds that a note of another pitch counts as further away
local PER_VELOCITY = 0.001

local function distance(note, hit, pitch_of)
  local pitch = pitch_of[hit.label]
  local strange = pitch and pitch ~= note.pitch and OTHER_PITCH or 0
  return math.abs(hit.onset - note.onset) + strange + PER_VELOCITY * math.abs(hit.velocity - note.velocity)
end

local function first_near(hits, onset)
  local low, high = 1, #hits + 1
  while low < high do
    local middle = (low + high) // 2
    if hits[middle].onset < onset - NEAR then low = middle + 1 else high = middle end
  end
  return low
end

local function best_hit(note, hits, taken, pitch_of)
  local best, least = nil, NEAR
  for index = first_near(hits, note.onset), #hits do
    local hit = hits[index]
    if hit.onset > note.onset + NEAR then break end
    local far = distance(note, hit, pitch_of)
    if far < least and not taken[hit.id] then best, least = hit, far end
  end
  return best
end

--- The ids of the hits that `notes` {onset (second of the song), pitch, velocity} stand for, nearest first come.
function clusters.match(notes, hits, pitch_of)
  local taken, ids = {}, {}
  for _, note in ipairs(notes) do
    local hit = best_hit(note, hits, taken, pitch_of)
    if hit then
      taken[hit.id] = true
      ids[#ids + 1] = hit.id
    end
  end
  return ids
end

return clusters
