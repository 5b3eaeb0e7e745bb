-- Corrections of a finished job: one request, then the new notes in the MIDI item, one undo step each.

local files = require("files")
local insertion = require("insertion")
local midifile = require("midifile")
local slices = require("slices")

local edits = {}

local function refresh(item, manifest, path, how)
  if not reaper.ValidatePtr2(0, item, "MediaItem*") then return "The MIDI item is gone; run Drums to MIDI again." end
  local record, made = insertion.remembered(item)
  local notes, problem = midifile.read(files.read(path), slices.breathe)
  if not notes then return problem end
  local result = { job = made.job, part = made.part, notes = notes, manifest = manifest, grid = how.grid }
  insertion.insert(record, result, how.title)
end

--- Asks for `verb` (relabel, regenerate, undo, redo) of the job behind `item`, then puts the new notes into it.
-- `how` has the title of the undo step and, if that changes, the grid that the notes lie on (see insertion.lua).
-- `finish(problem, manifest)` is called at the end; problem is nil when all went well.
function edits.ask(post, item, verb, args, how, finish)
  local _, made = insertion.remembered(item)
  post:ask("/stemd/" .. verb, { made.job, table.unpack(args) }, function(message)
    if message.address == "/stemd/fail" then return finish(message.args[4]) end
    local _, _, _, manifest, midi = table.unpack(message.args)
    slices.start(function() finish(refresh(item, manifest, midi, how), manifest) end)
  end)
end

return edits
