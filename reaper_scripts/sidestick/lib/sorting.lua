-- @noindex
-- Sorting in time slices: table.sort cannot be interrupted, and it would hold REAPER for several milliseconds.

local sorting = {}

local function merge(list, low, middle, high, earlier, yield)
  local merged, left, right = {}, low, middle
  while left < middle or right < high do
    yield()
    local take_left = right >= high or left < middle and not earlier(list[right], list[left])
    merged[#merged + 1] = list[take_left and left or right]
    left, right = left + (take_left and 1 or 0), right + (take_left and 0 or 1)
  end
  table.move(merged, 1, #merged, low, list)
end

--- The list itself, in order. What is neither earlier nor later stays as it was.
function sorting.merge_sort(list, earlier, yield)
  local width = 1
  while width < #list do
    for low = 1, #list - width, 2 * width do
      local middle = low + width
      if earlier(list[middle], list[middle - 1]) then
        merge(list, low, middle, math.min(middle + width, #list + 1), earlier, yield)
      else
        yield()
      end
    end
    width = 2 * width
  end
  return list
end

return sorting
