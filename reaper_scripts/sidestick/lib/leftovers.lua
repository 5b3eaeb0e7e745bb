-- What was asked for and never inserted, because REAPER was closed or the script was stopped.

local heartbeat = require("heartbeat")
local kept = require("kept")
local say = require("say")
local takes = require("takes")

local leftovers = {}

local function find(except)
  local found, skip = {}, {}
  for _, record in ipairs(except) do skip[record.guid] = true end
  for item in kept.items() do
    local asked = kept.asked(item)
    local record = asked and takes.read(item)
    if record and not skip[record.guid] and not heartbeat.alive(record.guid) then
      found[#found + 1] = { record = record, wanted = asked }
    end
  end
  return found
end

--- {record, wanted} of each item that the user still wants; the others are forgotten. Those in `except` are not asked.
function leftovers.offer(except)
  local list = {}
  for _, entry in ipairs(find(except)) do
    local question = "%s was asked for (%s), but its result was never inserted. Insert it now?"
    if say.ask(question:format(entry.record.name, entry.wanted.title)) then
      list[#list + 1] = entry
    else
      kept.set_asked(entry.record.item, nil)
    end
  end
  return list
end

return leftovers
