-- Corrections of a finished job: one request, then the new notes in the MIDI item, one undo step each.

local files = require("files")
local insertion = require("insertion")
local midifile = require("midifile")
local slices = require("slices")

local edits = {}

--- The notes of the .mid at `path` into the item in place of what is there. Nil, or a sentence.
function edits.refresh(item, manifest, path, title)
  if not reaper.ValidatePtr2(0, item, "MediaItem*") then return "The MIDI item is gone; run Drums to MIDI again." end
  local record, made = insertion.remembered(item)
  local notes, problem = midifile.read(files.read(path), slices.breathe)
  if not notes then return problem end
  insertion.insert(record, { job = made.job, part = made.part, notes = notes, manifest = manifest }, title)
end

--- Asks for `verb` (relabel, regenerate, undo, redo) of the job behind `item`, then refreshes it.
-- `finish(problem, manifest)` is called at the end; problem is nil when all went well.
function edits.ask(post, item, verb, args, title, finish)
  local _, made = insertion.remembered(item)
  post:ask("/stemd/" .. verb, { made.job, table.unpack(args) }, function(message)
    local _, second, _, path, midi = table.unpack(message.args)
    if message.address == "/stemd/fail" then return finish(message.args[4], second) end
    slices.start(function() finish(edits.refresh(item, path, midi, title), path) end)
  end)
end

return edits
