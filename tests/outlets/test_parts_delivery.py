"""Pitched parts on their way out: a file each, one for all, key and chords in them, and corrections."""

import sys
from dataclasses import replace
from itertools import chain as chained
from pathlib import Path

import mido
import pytest
from pretty_midi import PrettyMIDI

from bridge.drum_map import built_in_map
from bridge.midi.file_reader import read
from bridge.notes import DRUM_CHANNEL
from bridge.timebase import Seconds
from daemon.errors import Rejected
from daemon.outlets.arrange import CHANNELS
from daemon.outlets.delivery import DeliverySettings, arrange, correct, deliver, step_history
from daemon.pipeline.chain import Transcription
from daemon.pipeline.options import Options
from daemon.pipeline.pitched.harmony import Chord, Harmony, Key
from daemon.pipeline.pitched.part_settings import PRESETS, PartTranscription
from daemon.pipeline.pitched.polyphonic import Bend, PartNote
from daemon.pipeline.records import Audio, BeatGrid, Drums, Part, Source
from tests import synth
from tests.songs import detected_song

GRID = BeatGrid(tuple(Seconds(0.5 * i) for i in range(20)), tuple(range(0, 20, 4)), 120.0)
LINE = tuple(PartNote(i, 40 + i, Seconds(0.51 + i), Seconds(0.4), 90, -12.0 - i, 0.9) for i in range(4))
SUNG = (PartNote(0, 62, Seconds(1.0), Seconds(0.5), 90, -12.0, 0.9, (Bend(Seconds(1.1), 0.4),)),)
HOME = Harmony(Key(9, True, 0.5), (Chord(Seconds(0.02), Seconds(1.98), "Am"), Chord(Seconds(2.0), Seconds(7.5), "G7")))
WISHES = {"parts": ["drums", "bass", "vocals"], "grid": {"swing": 0.5}}


@pytest.fixture
def song(tmp_path: Path) -> Transcription:
    path = synth.write(tmp_path / "Song.wav", synth.silence(10.0))
    found = detected_song()
    drums = Drums(found.hits, found.clusters, found.thresholds)
    notes = {Part.BASS: PartTranscription(LINE), Part.VOCALS: PartTranscription(SUNG, remarks=("Sung.",))}
    source = Source(path, "ab" * 32, Audio(path, 441000))
    return Transcription(source, drums, GRID, (), notes=notes, harmony=HOME)


@pytest.fixture
def delivery_settings(tmp_path: Path) -> DeliverySettings:
    return DeliverySettings(tmp_path / "locks")


@pytest.fixture
def done(song, delivery_settings):
    return deliver(song, Options.read(WISHES), delivery_settings)


def tempi(path):
    """Ticks and values of tempo and meter, as a DAW reads them."""
    now, found = 0, []
    for message in mido.MidiFile(path).tracks[0]:
        now += message.time
        if message.type in ("set_tempo", "time_signature"):
            found.append((now, str(message.copy(time=0))))
    return found


def tracks(path):
    return {track.name: track for track in read(path).tracks}


def test_every_part_has_a_file_and_all_have_one_together(done):
    names = [output.path for output in done.content.outputs]
    assert names == ["Song.drums.mid", "Song.bass.mid", "Song.vocals.mid", "Song.mid"]
    assert list(tracks(done.midi)) == ["Drums", "Bass", "Vocals"]


def test_the_files_of_one_song_share_its_tempo_map(done):
    assert len({str(tempi(path)) for path in done.midis}) == 1


def test_only_the_drums_are_on_the_drum_channel(done):
    channels = {name: track.channel for name, track in tracks(done.midi).items()}
    assert channels.pop("Drums") == DRUM_CHANNEL
    assert DRUM_CHANNEL not in channels.values() and len(set(channels.values())) == 2


def test_every_pitched_part_has_a_channel_of_its_own_and_usual_settings():
    assert set(PRESETS) == set(CHANNELS) == set(Part) - {Part.DRUMS}
    assert len({DRUM_CHANNEL, *CHANNELS.values()}) == len(Part)


def test_notes_are_on_the_grid_that_the_drums_are_on(done):
    onsets = [note.onset for note in tracks(done.midi)["Bass"].notes]
    assert onsets == pytest.approx([0.5, 1.5, 2.5, 3.5], abs=0.002)


def test_bends_come_with_their_range(done):
    messages = list(chained.from_iterable(mido.MidiFile(done.midis[2]).tracks))
    assert [m.control for m in messages if m.type == "control_change"][:3] == [101, 100, 6]
    assert any(m.type == "pitchwheel" and m.pitch > 1000 for m in messages)


def test_without_bends_none_is_sent(song, delivery_settings):
    plain = deliver(song, Options.read({**WISHES, "notes": {"vocals": {"bends": False}}}), delivery_settings)
    assert not any(m.type == "pitchwheel" for m in chained.from_iterable(mido.MidiFile(plain.midis[2]).tracks))


def test_a_part_with_mpe_has_a_channel_for_each_note(song, delivery_settings):
    asked = deliver(song, Options.read({**WISHES, "notes": {"vocals": {"mpe": True}}}), delivery_settings)
    (vocals,) = read(asked.midis[2]).tracks
    assert vocals.mpe and any(note.bends for note in vocals.notes)


def test_key_and_chords_are_markers_on_the_beat(done):
    markers = [(round(marker.time, 2), marker.text) for marker in read(done.midis[1]).markers]
    assert markers == [(0.0, "Key: A minor (8A)"), (0.0, "Am"), (2.0, "G7")]
    assert "Am" not in [marker.text for marker in read(done.midis[0]).markers]


def test_the_key_is_in_the_file_of_a_part_and_not_in_that_of_the_drums(done):
    drums, bass = (mido.MidiFile(path).tracks[0] for path in done.midis[:2])
    assert [message.key for message in bass if message.type == "key_signature"] == ["Am"]
    assert "key_signature" not in [message.type for message in drums]


def test_drums_alone_have_the_chords_that_were_asked_for(song, delivery_settings):
    alone = Transcription(song.source, song.drums, GRID, (), harmony=HOME)
    done = deliver(alone, Options.read({"harmony": True}), delivery_settings)
    assert "Am" in [marker.text for marker in read(done.midi).markers]


def test_the_manifest_says_what_was_heard(done):
    assert done.content.harmony == HOME
    assert [row[0] for row in done.content.notes[Part.BASS].rows] == [0, 1, 2, 3]
    assert "Sung." in done.content.remarks


def test_a_note_knows_when_it_was_heard_and_when_it_is_written(done):
    note = arrange(done.content).notes[Part.BASS][1]
    assert (note.id, note.pitch, note.onset) == (1, 41, 1.51)
    assert note.time == pytest.approx(1.5)


def test_a_correction_writes_only_the_files_that_it_changes(done, delivery_settings):
    changed = correct(done.manifest, {"notes": {"bass": {"octave": {"0": 1}}}}, delivery_settings)
    assert [path.name for path in changed.renewed] == ["Song.bass.mid", "Song.mid"]
    assert tracks(changed.midi)["Bass"].notes[0].pitch == 52


def test_undo_brings_the_very_same_files_back(done, delivery_settings):
    before = [path.read_bytes() for path in done.midis]
    higher = {"notes": {"vocals": {"transpose": 5}}}
    correct(done.manifest, {"notes": {"bass": {"delete": [0]}}, "settings": higher}, delivery_settings)
    assert [path.read_bytes() for path in done.midis] != before
    step_history(done.manifest, back=True, settings=delivery_settings)
    assert [path.read_bytes() for path in done.midis] == before


def test_a_correction_of_a_part_that_is_not_there_changes_nothing(done, delivery_settings):
    before = done.manifest.read_bytes()
    with pytest.raises(Rejected, match="no notes of piano"):
        correct(done.manifest, {"notes": {"piano": {"delete": [0]}}}, delivery_settings)
    assert done.manifest.read_bytes() == before


def test_corrections_stay_when_another_part_is_added(song, delivery_settings):
    drums = Transcription(song.source, song.drums, GRID, ())
    first = deliver(drums, Options(), delivery_settings)
    correct(first.manifest, {"clusters": {"1": "clap"}}, delivery_settings)
    again = deliver(song, Options.read(WISHES), delivery_settings)
    assert again.manifest == first.manifest
    assert again.content.history.head == 1


def test_one_part_alone_needs_no_file_for_all(song, delivery_settings):
    alone = Transcription(song.source, Drums((), (), {}), GRID, (), notes={Part.BASS: PartTranscription(LINE)})
    done = deliver(alone, Options.read({"parts": ["bass"]}), delivery_settings)
    assert [path.name for path in done.midis] == ["Song.bass.mid"]
    assert done.midi.name == "Song.bass.mid"


def test_a_part_without_notes_is_an_empty_track(song, delivery_settings):
    silent = Transcription(song.source, song.drums, GRID, (), notes={Part.BASS: PartTranscription(())})
    done = deliver(silent, Options.read({"parts": ["drums", "bass"]}), delivery_settings)
    bass = mido.MidiFile(done.midi).tracks[2]
    assert bass.name == "Bass" and not any(message.type == "note_on" for message in bass)


def test_a_part_that_is_not_there_gets_no_file_of_its_own(song, delivery_settings):
    silent = Transcription(song.source, song.drums, GRID, (), notes={Part.BASS: PartTranscription(())})
    done = deliver(silent, Options.read({"parts": ["drums", "bass"]}), delivery_settings)
    assert [path.name for path in done.midis] == ["Song.drums.mid", "Song.mid"]
    assert not done.manifest.with_name("Song.bass.mid").exists()


def test_a_part_that_falls_silent_later_keeps_its_file_which_says_so(song, delivery_settings):
    options = Options.read({"parts": ["drums", "bass"]})
    deliver(replace(song, notes={Part.BASS: song.notes[Part.BASS]}), options, delivery_settings)
    done = deliver(replace(song, notes={Part.BASS: PartTranscription(())}), options, delivery_settings)
    file = done.manifest.with_name("Song.bass.mid")
    assert file in done.midis
    assert not any(message.type == "note_on" for message in mido.MidiFile(file))


def test_a_clip_may_be_of_some_parts_only(done):
    clip = arrange(done.content).clip(built_in_map("gm"), (Part.VOCALS,))
    assert [track.name for track in clip.tracks] == ["Vocals"]


@pytest.mark.parametrize("start", ["audio", "bars", "map"])
def test_the_clip_of_a_part_is_the_same_alone_and_among_the_others(song, delivery_settings, start):
    found = arrange(deliver(song, Options.read({**WISHES, "start": start}), delivery_settings).content)
    drum_map = built_in_map("gm")
    clips = found.clips(drum_map)
    assert clips.pop(None) == found.clip(drum_map)
    assert clips == {part: found.clip(drum_map, (part,)) for part in (Part.DRUMS, Part.BASS, Part.VOCALS)}


CLASSIC = {"parts": ["bass"], "note_recipe": "classic", "harmony": False}


def test_a_part_of_the_classic_recipe_is_written_as_it_was_heard(song, delivery_settings):
    done = deliver(song, Options.read(CLASSIC), delivery_settings)
    [track] = [track for track in mido.MidiFile(done.midi).tracks if any(m.type == "note_on" for m in track)]
    assert [m.program for m in track if m.type == "program_change"] == [4]
    [part] = PrettyMIDI(str(done.midi)).instruments
    assert [(note.pitch, note.velocity) for note in part.notes] == [(note.pitch, note.velocity) for note in LINE]
    assert [note.start for note in part.notes] == pytest.approx([note.onset for note in LINE], abs=0.003)


def test_corrections_hold_for_the_classic_recipe(song, delivery_settings):
    done = deliver(song, Options.read(CLASSIC), delivery_settings)
    changes = {
        "notes": {"bass": {"delete": [0], "pitch": {"1": 50}}},
        "settings": {"notes": {"bass": {"midi_bpm": 60}}},
    }
    again = PrettyMIDI(str(correct(done.manifest, changes, delivery_settings).midi))
    assert [note.pitch for note in again.instruments[0].notes] == [50, 42, 43]
    assert again.get_tempo_changes()[1].tolist() == [60.0]


def test_a_grid_of_its_own_moves_a_part_of_the_classic_recipe(song, delivery_settings):
    asked = {**CLASSIC, "notes": {"bass": {"grid": {"step": "1/4", "swing": 0.5}}}}
    [part] = PrettyMIDI(str(deliver(song, Options.read(asked), delivery_settings).midi)).instruments
    assert [note.start for note in part.notes] == pytest.approx([0.5, 1.5, 2.5, 3.5], abs=0.02)


def test_the_file_of_all_parts_follows_the_tempo_of_the_song_whatever_the_recipe(song, delivery_settings):
    done = deliver(song, Options.read({**WISHES, "note_recipe": "classic"}), delivery_settings)
    assert list(tracks(done.midi)) == ["Drums", "Bass", "Vocals"]


def test_without_pretty_midi_the_classic_recipe_says_what_to_install(song, delivery_settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "pretty_midi", None)
    with pytest.raises(Rejected, match=r"pip install .*(pretty.midi|classic)"):
        deliver(song, Options.read(CLASSIC), delivery_settings)
