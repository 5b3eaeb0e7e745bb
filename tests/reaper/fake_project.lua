-- Projects, tracks, items, takes and undo of the fake REAPER.
--
-- An undo state holds the whole project as it was when the state was made, and going back to it makes every track, item
-- and take anew: pointers from before are refused from then on, as REAPER refuses them.

local fake_project = {}

local serial = 0

local function new_object(kind, values)
  serial = serial + 1
  values.kind, values.values, values.strings = kind, values.values or {}, values.strings or {}
  values.strings.GUID = values.strings.GUID or ("{0000%04d-FAKE}"):format(serial)
  return values
end

local Project = {}
Project.__index = Project

function fake_project.new()
  local values = { tracks = {}, selected = {}, regions = {}, states = {}, state = 0, undone = {}, dirty = false }
  return setmetatable(new_object("ReaProject", values), Project)
end

function fake_project.source(values)
  return new_object("PCM_source", values)
end

function Project:add_track(index, name)
  local track = new_object("MediaTrack", { items = {}, notes = {}, strings = { P_NAME = name or "" }, project = self })
  table.insert(self.tracks, index + 1, track)
  return track
end

function fake_project.add_item(track, values)
  local item = new_object("MediaItem", { values = values, track = track, takes = {} })
  table.insert(track.items, item)
  return item
end

--- The first take of an item is its active one.
function fake_project.add_take(item, values, source)
  local take = new_object("MediaItem_Take", { values = values, item = item, source = source, markers = {}, fx = 0 })
  take.values.D_PLAYRATE = take.values.D_PLAYRATE or 1
  take.envelopes = {}
  table.insert(item.takes, take)
  item.take = item.take or take
  return take
end

function Project:items()
  local items = {}
  for _, track in ipairs(self.tracks) do
    for _, item in ipairs(track.items) do items[#items + 1] = item end
  end
  return items
end

function fake_project.delete_item(track, item)
  for index, value in ipairs(track.items) do
    if value == item then
      table.remove(track.items, index)
      item.dead = true
      for _, take in ipairs(item.takes) do take.dead = true end
      return true
    end
  end
  return false
end

local function copy_values(values)
  local copy = {}
  for name, value in pairs(values) do copy[name] = value end
  return copy
end

local function copy_take(take, item)
  local copy = copy_values(take)
  copy.values, copy.strings, copy.item, copy.dead = copy_values(take.values), copy_values(take.strings), item, nil
  copy.markers, copy.envelopes = copy_values(take.markers), copy_values(take.envelopes)
  return copy
end

local function copy_item(item, track)
  local copy = copy_values(item)
  copy.values, copy.strings, copy.track, copy.dead = copy_values(item.values), copy_values(item.strings), track, nil
  copy.takes, copy.take = {}, nil
  for index, take in ipairs(item.takes) do
    copy.takes[index] = copy_take(take, copy)
    if take == item.take then copy.take = copy.takes[index] end
  end
  return copy
end

local function copy_tracks(tracks)
  local copies = {}
  for index, track in ipairs(tracks) do
    local copy = copy_values(track)
    copy.values, copy.strings, copy.dead = copy_values(track.values), copy_values(track.strings), nil
    copy.notes, copy.items = copy_values(track.notes), {}
    for number, item in ipairs(track.items) do copy.items[number] = copy_item(item, copy) end
    copies[index] = copy
  end
  return copies
end

local function kill(tracks)
  for _, track in ipairs(tracks) do
    track.dead = true
    for _, item in ipairs(track.items) do
      item.dead = true
      for _, take in ipairs(item.takes) do take.dead = true end
    end
  end
end

--- Ends an undo step: what the project is now is what an undo of the next step brings back.
function Project:add_state(name)
  self.state = self.state + 1
  self.states[self.state] = {
    tracks = copy_tracks(self.tracks), tempo = self.tempo and self.tempo:copy(), regions = copy_values(self.regions),
  }
  for index = #self.states, self.state + 1, -1 do self.states[index] = nil end
  if name then
    table.insert(self.undone, name)
    self.dirty = true
  end
end

--- Ctrl+Z, or Ctrl+Shift+Z with `by` = 1.
function Project:step_in_history(by)
  local state = assert(self.states[self.state + by], "nothing to undo")
  self.state = self.state + by
  local selected = {}
  for _, item in ipairs(self.selected) do selected[item.strings.GUID] = true end
  kill(self.tracks)
  self.tracks, self.selected, self.regions = copy_tracks(state.tracks), {}, copy_values(state.regions)
  self.tempo = state.tempo:copy()
  for _, item in ipairs(self:items()) do
    if selected[item.strings.GUID] then table.insert(self.selected, item) end
  end
end

function Project:close()
  kill(self.tracks)
  self.dead, self.tracks = true, {}
end

return fake_project
