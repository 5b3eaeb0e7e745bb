-- Where in the song the hits of a row are, as a picture of a few hundred columns that is worked out once.

local lanes = {}

--- The loudest velocity in each of `count` equal stretches of the song: {stretch (from 1) = velocity}.
function lanes.of(row, duration, count)
  if row.lane and row.lane_count == count then return row.lane end
  local bins = {}
  for _, hit in ipairs(row.hits) do
    local index = math.max(1, math.min(count, math.floor(hit.time / duration * count) + 1))
    bins[index] = math.max(bins[index] or 0, hit.velocity)
  end
  row.lane, row.lane_count = bins, count
  return bins
end

return lanes
