-- What REAPER answers about tracks, items, takes and their sources.

local fake_project = require("fake_project")

return function(fake, api)
  local function project_of(pointer)
    return pointer == 0 and fake.active or pointer
  end

  local function index_of(list, expected)
    for index, value in ipairs(list) do
      if value == expected then return index end
    end
  end

  local function object_string(object, key, value, set)
    if set then object.strings[key] = value end
    return object.strings[key] ~= nil, object.strings[key] or ""
  end

  -- Projects: 0 is the one whose tab is in front

  function api.EnumProjects(index)
    local project = index == -1 and fake.active or fake.projects[index + 1]
    return project, ""
  end

  function api.ValidatePtr2(project, object, kind)
    if kind == "ReaProject*" then return object.kind == "ReaProject" and not object.dead end
    assert(kind == "MediaItem*")
    return index_of(project_of(project):items(), object) ~= nil
  end

  function api.MarkProjectDirty(project) project_of(project).dirty = true end

  -- Tracks

  function api.CountTracks(project) return #project_of(project).tracks end
  function api.GetTrack(project, index) return project_of(project).tracks[index + 1] end
  function api.GetTrackGUID(track) return track.strings.GUID end

  function api.InsertTrackAtIndex(index)
    fake.active:add_track(index)
    fake.is_layout_stale = true
  end

  function api.InsertTrackInProject(project, index)
    project_of(project):add_track(index)
    fake.is_layout_stale = true
  end

  function api.TrackList_AdjustWindows() fake.is_layout_stale = false end
  function api.GetSetMediaTrackInfo_String(track, key, value, set) return object_string(track, key, value, set) end

  function api.GetMediaTrackInfo_Value(track, key)
    if key == "IP_TRACKNUMBER" then return index_of(track.project.tracks, track) + 0.0 end
    return track.values[key] or 0.0
  end

  function api.SetMediaTrackInfo_Value(track, key, value) track.values[key] = value return true end

  -- Items

  function api.GetMediaItem(project, index) return project_of(project):items()[index + 1] end
  function api.GetSelectedMediaItem(project, index) return project_of(project).selected[index + 1] end
  function api.GetMediaItemTrack(item) return item.track end
  function api.AddMediaItemToTrack(track) return fake_project.add_item(track, {}) end
  function api.GetSetMediaItemInfo_String(item, key, value, set) return object_string(item, key, value, set) end
  function api.DeleteTrackMediaItem(track, item) return fake_project.delete_item(track, item) end

  local ITEM_DEFAULTS = { D_VOL = 1.0, C_BEATATTACHMODE = -1.0 }
  function api.GetMediaItemInfo_Value(item, key) return item.values[key] or ITEM_DEFAULTS[key] or 0.0 end
  function api.SetMediaItemInfo_Value(item, key, value) item.values[key] = value return true end

  -- Takes

  function api.GetActiveTake(item) return item.take end
  function api.CountTakes(item) return #item.takes end
  function api.GetTake(item, index) return item.takes[index + 1] end
  function api.AddTakeToMediaItem(item) return fake_project.add_take(item, {}) end
  function api.GetMediaItemTake_Item(take) return take.item end
  function api.GetMediaItemTake_Source(take) return take.source end
  function api.GetTakeName(take) return take.strings.P_NAME or "" end
  function api.TakeIsMIDI(take) return take.midi ~= nil end
  function api.TakeFX_GetCount(take) return take.fx end
  function api.GetSetMediaItemTakeInfo_String(take, key, value, set) return object_string(take, key, value, set) end

  local TAKE_DEFAULTS = { D_VOL = 1.0, D_PANLAW = -1.0 }
  function api.GetMediaItemTakeInfo_Value(take, key) return take.values[key] or TAKE_DEFAULTS[key] or 0.0 end
  function api.SetMediaItemTakeInfo_Value(take, key, value) take.values[key] = value return true end

  function api.SetMediaItemTake_Source(take, source)
    take.source = source
    if source.type == "MIDI" then take.midi = string.pack("i4Bs4", 0, 0, "\xB0\x7B\x00") end
    return true
  end

  -- Envelopes of takes: their text, as a project file has it

  function api.CountTakeEnvelopes(take) return #take.envelopes end

  function api.GetTakeEnvelope(take, index)
    return { kind = "TrackEnvelope", text = take.envelopes[index + 1] }
  end

  function api.GetEnvelopeStateChunk(envelope) return true, envelope.text end

  function api.GetItemStateChunk(item)
    local lines = { "<ITEM", "POSITION 0", "<SOURCE WAVE", 'FILE "x.wav"', ">" }
    for _, envelope in ipairs(item.take.envelopes) do lines[#lines + 1] = envelope end
    lines[#lines + 1] = ">\n"
    return true, table.concat(lines, "\n")
  end

  -- A take that is read from text is a new one; a block that is not closed is no item.
  function api.SetItemStateChunk(item, text)
    local depth, envelope, old = 0, nil, item.take
    item.takes, item.take, old.dead = {}, nil, true
    local take = fake_project.add_take(item, old.values, old.source)
    take.strings, take.markers, take.fx = old.strings, old.markers, old.fx
    for line in text:gmatch("[^\n]+") do
      local opens = line:match("^<(%w+)")
      depth = depth + (opens and 1 or line == ">" and -1 or 0)
      if opens and opens:find("ENV$") and depth == 2 then envelope = {} end
      if envelope then envelope[#envelope + 1] = line end
      if envelope and depth == 1 then
        table.insert(take.envelopes, table.concat(envelope, "\n"))
        envelope = nil
      end
    end
    assert(depth == 0 and text:find("^<ITEM"), "no text of an item")
    return true
  end

  -- Sources

  function api.PCM_Source_CreateFromFile(path)
    return fake_project.source({ path = path, length = 1.0, type = "WAVE" })
  end

  function api.PCM_Source_CreateFromType(kind) return fake_project.source({ path = "", length = 0.0, type = kind }) end
  function api.GetMediaSourceParent(source) return source.parent end
  function api.GetMediaSourceFileName(source) return source.parent and "" or source.path end
  function api.GetMediaSourceType(source) return source.type end
  function api.GetMediaSourceLength(source) return source.length, false end

  function api.PCM_Source_GetSectionInfo(source)
    if not source.section then return false, 0.0, 0.0, false end
    return true, source.section, source.length, source.reversed == true
  end

  function api.GetTakeNumStretchMarkers(take) return #take.markers end

  function api.GetTakeStretchMarker(take, index)
    local marker = take.markers[index + 1]
    if not marker then return -1, 0.0, 0.0 end
    return index, marker[1], marker[2]
  end

  function api.GetTakeStretchMarkerSlope(take, index) return take.markers[index + 1][3] or 0.0 end

  function api.SetTakeStretchMarker(take, _, at, source)
    table.insert(take.markers, { at, source, 0.0 })
    return #take.markers - 1
  end

  function api.SetTakeStretchMarkerSlope(take, index, slope)
    take.markers[index + 1][3] = slope
    return true
  end
end
