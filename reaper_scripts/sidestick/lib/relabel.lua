-- The notes selected in the MIDI editor get another label.

local clusters = require("clusters")
local Connection = require("connection")
local drums = require("drums")
local edits = require("edits")
local insertion = require("insertion")
local kept = require("kept")
local loop = require("loop")
local Post = require("post")
local say = require("say")

local relabel = {}

local MOST = 1500  -- hits in one request

local function edited_take()
  local editor = reaper.MIDIEditor_GetActive()
  return editor and reaper.MIDIEditor_GetTake(editor)
end

local function selected_notes(take, map, shift)
  local notes, index = {}, reaper.MIDI_EnumSelNotes(take, -1)
  while index >= 0 do
    local _, _, _, first, _, _, pitch, velocity = reaper.MIDI_GetNote(take, index)
    local time = reaper.MIDI_GetProjTimeFromPPQPos(take, first) - shift
    notes[#notes + 1] = { onset = map:second(time), pitch = pitch, velocity = velocity }
    index = reaper.MIDI_EnumSelNotes(take, index)
  end
  return notes
end

--- The label that the user picks from a menu at the mouse, or nil.
function relabel.chosen()
  gfx.init("sidestick", 1, 1, 0, reaper.GetMousePosition())
  gfx.x, gfx.y = gfx.mouse_x, gfx.mouse_y
  local choice = math.floor(gfx.showmenu(drums.menu()))
  gfx.quit()
  return drums.LIST[choice] and drums.LIST[choice].label
end

-- The item that sidestick made and its selected notes, or nil and a sentence.
local function asked_for()
  local take = edited_take()
  if not take then return nil, "Open sidestick's MIDI item in the MIDI editor and select notes first." end
  local item = reaper.GetMediaItemTake_Item(take)
  local record, made = insertion.remembered(item)
  if not made then return nil, "These notes were not made by sidestick, so there is nothing to relabel." end
  if made.part ~= "drums" then
    return nil, ("These notes are the %s; only drums have labels."):format(made.part)
  end
  local shift = reaper.MIDI_GetProjTimeFromPPQPos(take, 0) - made.origin
  local notes = selected_notes(take, record.map, shift)
  if #notes == 0 then return nil, "Select the notes that are wrong first." end
  if #notes > MOST then
    return nil, ("%d notes are selected; relabel at most %d at once, or use Review and relabel."):format(#notes, MOST)
  end
  return { item = item, job = made.job, notes = notes }
end

local function changes(list, notes, label)
  local hits, count = {}, 0
  for _, id in ipairs(clusters.match(notes, clusters.hits(list))) do
    hits[tostring(id)], count = label, count + 1
  end
  return count > 0 and { hits = hits }
end

local function correct(post, asked, label)
  clusters.ask(post, asked.job, function(list, problem)
    local found = list and changes(list, asked.notes, label)
    if not found then return say.sorry(problem or "sidestick heard no hits where these notes are; were they moved?") end
    edits.ask(post, asked.item, "relabel", { Post.options(found) }, { title = "relabel notes" }, function(wrong)
      if wrong then say.sorry(wrong) end
    end)
  end)
end

--- Relabels the selected notes as `label`; without one the user is asked.
function relabel.selected(label)
  local asked, problem = asked_for()
  if not asked then return say.sorry(problem) end
  label = label or relabel.chosen()
  if not label then return end
  local connection = Connection.new(function(post) correct(post, asked, label) end)
  loop.run(function() return connection:step() end)
end

--- The item that sidestick made among the selected ones, of the audio items that are selected, or in the MIDI editor.
function relabel.item()
  local take = edited_take()
  for index = 0, reaper.CountSelectedMediaItems(0) - 1 do
    local item = reaper.GetSelectedMediaItem(0, index)
    local _, guid = reaper.GetSetMediaItemInfo_String(item, "GUID", "", false)
    local made = kept.made(item) and item or kept.find(guid, "drums") or kept.find(guid)
    if made then return made end
  end
  local item = take and reaper.GetMediaItemTake_Item(take)
  return item and kept.made(item) and item or nil
end

return relabel
