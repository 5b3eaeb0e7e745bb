-- MIDI takes and the tempo map of the fake REAPER. Ticks count from the item's start.

local fake_project = require("fake_project")

return function(fake, api)
  local function tempo_of(pointer)
    return (pointer == 0 and fake.active or pointer).tempo
  end

  local function tempo_of_take(take)
    return take.item.track.project.tempo
  end

  local function start_quarter(take)
    return tempo_of_take(take):quarter(take.item.values.D_POSITION)
  end

  function api.TimeMap2_timeToQN(project, time) return tempo_of(project):quarter(time) end
  function api.TimeMap2_QNToTime(project, quarter) return tempo_of(project):time(quarter) end
  function api.TimeMap_GetTimeSigAtTime(project, time) return tempo_of(project):signature(time) end
  function api.TimeMap_QNToMeasures(project, quarter) return tempo_of(project):measure(quarter) end
  function api.GetSetProjectGrid() return 0, table.unpack(fake.grid) end
  function api.MIDI_GetPPQPosFromProjQN(take, quarter) return (quarter - start_quarter(take)) * fake.ppq end
  function api.MIDI_GetAllEvts(take) return true, take.midi end
  function api.MIDI_SetAllEvts(take, data) take.midi = data return true end
  function api.MIDI_Sort() end

  function api.MIDI_GetProjTimeFromPPQPos(take, tick)
    return tempo_of_take(take):time(start_quarter(take) + tick / fake.ppq)
  end

  function api.CreateNewMIDIItemInProj(track, from, to)
    local item = fake_project.add_item(track, { D_POSITION = from, D_LENGTH = to - from })
    local take = fake_project.add_take(item, {})
    local tempo = track.project.tempo
    local ticks = math.floor((tempo:quarter(to) - tempo:quarter(from)) * fake.ppq + 0.5)
    take.midi = string.pack("i4Bs4", ticks, 0, "\xB0\x7B\x00")
    return item
  end

  --- The notes of a MIDI take by onset: {first, last (ticks), pitch, velocity, channel, selected}.
  function fake.notes(take)
    local notes, open, at, tick = {}, {}, 1, 0
    while at <= #take.midi do
      local delta, flag, message
      delta, flag, message, at = string.unpack("i4Bs4", take.midi, at)
      assert(delta >= 0, "events out of order")
      tick = tick + delta
      local status, pitch, velocity = message:byte(1, 3)
      local key = (status & 15) * 128 + pitch
      if status >> 4 == 9 then
        assert(not open[key], "a note within a note")
        open[key] = { first = tick, pitch = pitch, velocity = velocity, channel = status & 15,
          selected = flag & 1 == 1 }
        notes[#notes + 1] = open[key]
      elseif status >> 4 == 8 then
        open[key].last, open[key] = tick, nil
      end
    end
    assert(not next(open), "a note without its end")
    return notes
  end

  function api.MIDI_EnumSelNotes(take, index)
    for next_index, note in ipairs(fake.notes(take)) do
      if next_index - 1 > index and note.selected then return next_index - 1 end
    end
    return -1
  end

  function api.MIDI_GetNote(take, index)
    local note = fake.notes(take)[index + 1]
    return true, note.selected, false, note.first + 0.0, note.last + 0.0, note.channel, note.pitch, note.velocity
  end

  function api.SetTrackMIDINoteNameEx(_, track, pitch, _, name) track.notes[pitch] = name return true end
  function api.MIDIEditor_GetActive() return fake.edited and { kind = "HWND" } end
  function api.MIDIEditor_GetTake() return fake.edited end

  -- Tempo markers. Items whose time base is beats, as it is unless somebody has chosen another, move with the beats.

  function api.CountTempoTimeSigMarkers(project) return #tempo_of(project).markers - 1 end

  function api.GetTempoTimeSigMarker(project, index)
    local marker = tempo_of(project).markers[index + 2]
    if not marker then return false, 0.0, 0, 0.0, 0.0, 0, 0, false end
    local meter = { marker.numerator or 0, marker.denominator or 0 }
    return true, marker.time, 0, 0.0, marker.bpm + 0.0, meter[1], meter[2], marker.linear == true
  end

  local TIME = 0

  local function change_tempo(pointer, change)
    local project = pointer == 0 and fake.active or pointer
    local attached = {}
    for _, item in ipairs(project:items()) do
      local values = item.values
      if (values.C_BEATATTACHMODE or -1) ~= TIME then
        local first, last = project.tempo:quarter(values.D_POSITION),
          project.tempo:quarter(values.D_POSITION + values.D_LENGTH)
        attached[#attached + 1] = { item = item, first = first, last = last }
      end
    end
    project.tempo = project.tempo:changed(change)
    for _, entry in ipairs(attached) do
      local values, before = entry.item.values, entry.item.values.D_LENGTH
      values.D_POSITION = project.tempo:time(entry.first)
      values.D_LENGTH = project.tempo:time(entry.last) - values.D_POSITION
      for _, take in ipairs(entry.item.takes) do
        take.values.D_PLAYRATE = take.values.D_PLAYRATE * before / values.D_LENGTH
      end
    end
    fake.is_timeline_stale = true
  end

  function api.SetTempoTimeSigMarker(project, index, time, measure, beat, bpm, numerator, denominator, linear)
    assert(index == -1 and measure == -1 and beat == -1 and bpm > 0 and time >= 0)
    change_tempo(project, function(markers)
      local marker = { time = time, bpm = bpm, linear = linear }
      if numerator > 0 then marker.numerator, marker.denominator = numerator, denominator end
      table.insert(markers, marker)
    end)
    return true
  end

  function api.DeleteTempoTimeSigMarker(project, index)
    change_tempo(project, function(markers) table.remove(markers, index + 2) end)
    return true
  end

  function api.UpdateTimeline() fake.is_timeline_stale = false end

  -- Markers and regions are one list by position, counted from 0; each kind has its own numbers, counted from 1.

  local function regions_of(pointer)
    return (pointer == 0 and fake.active or pointer).regions
  end

  local function next_free_number(regions, is_region)
    local used, number = {}, 1
    for _, region in ipairs(regions) do
      if region.is_region == is_region then used[region.number] = true end
    end
    while used[number] do number = number + 1 end
    return number
  end

  function api.AddProjectMarker2(project, is_region, time, stop, name, number, colour)
    assert(number == -1 and time >= 0 and (not is_region or stop > time))
    local regions, index = regions_of(project), 1
    local new = { is_region = is_region, time = time, stop = is_region and stop or 0.0, name = name, colour = colour,
      number = next_free_number(regions, is_region) }
    while regions[index] and regions[index].time <= time do index = index + 1 end
    table.insert(regions, index, new)
    return new.number
  end

  function api.EnumProjectMarkers3(project, index)
    local found = regions_of(project)[index + 1]
    if not found then return 0, false, 0.0, 0.0, "", 0, 0 end
    return index + 1, found.is_region, found.time, found.stop, found.name, found.number, found.colour
  end

  function api.DeleteProjectMarkerByIndex(project, index)
    return table.remove(regions_of(project), index + 1) ~= nil
  end
end
