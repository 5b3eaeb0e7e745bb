-- @noindex
-- The notes selected in the MIDI editor get another label.

local Client = require("client")
local clusters = require("clusters")
local Connection = require("connection")
local corrections = require("corrections")
local drums = require("drums")
local insertion = require("insertion")
local item_state = require("item_state")
local message_box = require("message_box")
local mouse_menu = require("mouse_menu")
local project = require("project")
local time_slicing = require("time_slicing")

local relabel = {}

local MAX_HITS = 1500  -- hits in one request
local NO_HITS = "sidestick heard no hits where these notes are; were they moved?"

local function editor_take()
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

--- The label that the user chooses from a menu at the mouse, or nil.
function relabel.choose_label()
  local choice = mouse_menu.choose(drums.menu())
  return drums.LIST[choice] and drums.LIST[choice].label
end

-- The item that sidestick made and its selected notes, or nil and a sentence.
local function read_selection()
  local take = editor_take()
  if not take then return nil, "Open sidestick's MIDI item in the MIDI editor and select notes first." end
  local record, result = insertion.record_of_take(take)
  if not result then return nil, "These notes were not made by sidestick, so there is nothing to relabel." end
  if result.part ~= "drums" then
    return nil, ("These notes are the %s; only drums have labels."):format(result.part)
  end
  local shift = reaper.MIDI_GetProjTimeFromPPQPos(take, 0) - result.origin
  local notes = selected_notes(take, record.map, shift)
  if #notes == 0 then return nil, "Select the notes that are wrong first." end
  if #notes > MAX_HITS then
    local sentence = "%d notes are selected; relabel at most %d at once, or use Review and relabel."
    return nil, sentence:format(#notes, MAX_HITS)
  end
  return { guid = project.take_guid(take), job = result.job, notes = notes }
end

local function label_changes(list, notes, label)
  local hits, count = {}, 0
  for _, id in ipairs(clusters.match_notes(notes, clusters.hits(list))) do
    hits[tostring(id)], count = label, count + 1
  end
  return count > 0 and { hits = hits }
end

local function request_relabel(client, selection, label)
  clusters.request(client, selection.job, function(list, problem)
    local changes = list and label_changes(list, selection.notes, label)
    if not changes then return message_box.show(problem or NO_HITS) end
    local args, step = { Client.encode_options(changes) }, { title = "relabel notes" }
    corrections.request(client, selection.guid, "relabel", args, step, function(failure)
      if failure then message_box.show(failure) end
    end)
  end)
end

--- Relabels the selected notes as `label`; without one the user is asked.
function relabel.run(label)
  local selection, problem = read_selection()
  if not selection then return message_box.show(problem) end
  label = label or relabel.choose_label()
  if not label then return end
  local connection = Connection.new(function(client) request_relabel(client, selection, label) end)
  time_slicing.run_loop(function() return connection:step() end)
end

--- What sidestick made among the selected items, of the audio items that are selected, or in the MIDI editor: a take.
function relabel.midi_take()
  for item in project.selected_items() do
    local guid = project.item_guid(item)
    local take = item_state.take_of_item(item) or item_state.find_take(guid, "drums") or item_state.find_take(guid)
    if take then return take end
  end
  local take = editor_take()
  return take and item_state.result(take) and take or nil
end

return relabel
