-- Corrections of a finished job: one request, then the new notes in all its MIDI items, one undo step each.

local files = require("files")
local insertion = require("insertion")
local kept = require("kept")
local manifest = require("manifest")
local midifile = require("midifile")
local slices = require("slices")

local edits = {}

local function items_of(job)
  local items = {}
  for item in kept.items() do
    local made = kept.made(item)
    if made and made.job == job then items[#items + 1] = item end
  end
  return items
end

local function results_of(item, answer, paths, how)
  local made = kept.made(item)
  local path = paths[made.part]
  if not path then return nil end
  local notes, problem = midifile.read(files.read(path), slices.breathe)
  local result = { job = made.job, part = made.part, notes = notes, manifest = answer.manifest, grid = how.grid }
  return notes and { item = item, result = result }, problem
end

local function refresh(item, answer, how)
  if not reaper.ValidatePtr2(0, item, "MediaItem*") then return "The MIDI item is gone; run Drums to MIDI again." end
  local found, unreadable = manifest.read(answer.manifest, slices.breathe)
  if not found then return unreadable end
  local list, paths = {}, manifest.midi(found, answer.manifest)
  for _, one in ipairs(items_of(kept.made(item).job)) do
    local entry, problem = results_of(one, answer, paths, how)
    if problem then return problem end
    list[#list + 1] = entry
  end
  insertion.replace(list, how.title)
end

--- Asks for `verb` (relabel, regenerate, undo, redo) of the job behind `item`, then puts the new notes into all items
-- of that job. `how` has the title of the undo step and, if that changes, the grid that the notes lie on (see
-- insertion.lua). `finish(problem, manifest)` is called at the end; problem is nil when all went well.
function edits.ask(post, item, verb, args, how, finish)
  post:ask("/sidestick/" .. verb, { kept.made(item).job, table.unpack(args) }, function(message)
    if message.address == "/sidestick/fail" then return finish(message.args[4]) end
    local answer = { manifest = message.args[4] }
    slices.start(function() finish(refresh(item, answer, how), answer.manifest) end)
  end)
end

return edits
