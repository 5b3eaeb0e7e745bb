from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.midi.file import NotMidiError, read, to_bytes, to_files
from bridge.notes import DRUM_CHANNEL, Bend, Clip, ClipNote, KeySignature, Marker, Track
from bridge.timebase import PPQ, Meter, Seconds, TempoMap, Ticks

MAP = TempoMap.of([(Ticks(0), 500_000), (Ticks(4 * PPQ), 600_000)], [Meter(Ticks(0), 4), Meter(Ticks(4 * PPQ), 6, 8)])


def _note(pitch: int, onset: float, duration: float = 0.05, velocity: int = 100) -> ClipNote:
    return ClipNote(pitch, Seconds(onset), Seconds(duration), velocity)


def _clip(*notes: ClipNote, name: str = "Song", channel: int = DRUM_CHANNEL) -> Clip:
    marker = Marker(Seconds(2.0), "Downbeat")
    return Clip(name, MAP, (Track("Drums", channel, notes),), Seconds(8.0), (marker,))


def _mido(clip: Clip) -> mido.MidiFile:
    return mido.MidiFile(file=BytesIO(to_bytes(clip)), charset="utf-8")


def _absolute_messages(track: mido.MidiTrack) -> list[tuple[int, mido.Message]]:
    now, out = 0, []
    for message in track:
        now += message.time
        out.append((now, message))
    return out


def _note_ons(clip: Clip) -> list[tuple[int, str, int]]:
    kinds = ("note_on", "note_off")
    return [(t, m.type, m.note) for t, m in _absolute_messages(_mido(clip).tracks[1]) if m.type in kinds]


def test_the_file_is_of_type_1_with_960_ticks_per_quarter() -> None:
    file = _mido(_clip(_note(36, 0)))
    assert (file.type, file.ticks_per_beat, len(file.tracks)) == (1, 960, 2)


def test_tempo_and_meter_are_on_the_conductor_track() -> None:
    metas = [(t, m.type) for t, m in _absolute_messages(_mido(_clip()).tracks[0])]
    assert metas[:5] == [
        (0, "track_name"),
        (0, "time_signature"),
        (0, "set_tempo"),
        (3840, "time_signature"),
        (3840, "set_tempo"),
    ]


def test_files_that_share_a_track_are_those_that_each_clip_has_alone() -> None:
    kick, late = _clip(_note(36, 0)), _clip(_note(50, 11.0), channel=0)
    both = replace(kick, tracks=(*kick.tracks, *late.tracks))
    other = replace(kick, tempo_map=TempoMap.constant(90.0))
    assert to_files([both, kick, other]) == [to_bytes(both), to_bytes(kick), to_bytes(other)]


@pytest.mark.parametrize(("sharps", "minor", "name"), [(0, False, "C"), (3, True, "F#m"), (-5, False, "Db")])
def test_the_key_is_told_to_programs_that_write_scores(sharps: int, minor: bool, name: str) -> None:
    found = _mido(replace(_clip(), key=KeySignature(sharps, minor))).tracks[0]
    assert [message.key for message in found if message.type == "key_signature"] == [name]


def test_without_a_key_none_is_told() -> None:
    assert "key_signature" not in [message.type for message in _mido(_clip()).tracks[0]]


@pytest.mark.parametrize("kind", ["marker", "text"])
def test_a_marker_lies_on_its_time_for_every_kind_of_host(kind: str) -> None:
    assert [(t, m.text) for t, m in _absolute_messages(_mido(_clip()).tracks[0]) if m.type == kind] == [
        (3840, "Downbeat")
    ]


def test_six_eight_is_written_as_six_eight() -> None:
    meter = [m for m in _mido(_clip()).tracks[0] if m.type == "time_signature"][-1]
    assert (meter.numerator, meter.denominator) == (6, 8)


def test_drums_are_on_channel_10() -> None:
    assert {m.channel for m in _mido(_clip(_note(36, 0))).tracks[1] if not m.is_meta} == {9}


def test_every_track_ends_with_the_clip() -> None:
    ends = [_absolute_messages(track)[-1] for track in _mido(_clip(_note(36, 0))).tracks]
    assert [(tick, message.type) for tick, message in ends] == [(MAP.ticks(Seconds(8.0)), "end_of_track")] * 2


def test_a_note_that_outlasts_the_clip_makes_every_track_as_long() -> None:
    ends = {_absolute_messages(track)[-1][0] for track in _mido(_clip(_note(36, 7.9, 5.0))).tracks}
    assert ends == {MAP.ticks(Seconds(12.9))}


def test_a_note_ends_before_the_next_one_starts_on_the_same_tick() -> None:
    assert _note_ons(_clip(_note(38, 0.5), _note(36, 0, 0.5)))[1:3] == [
        (960, "note_off", 36),
        (960, "note_on", 38),
    ]


def test_a_note_is_cut_one_tick_before_the_next_of_its_pitch() -> None:
    assert _note_ons(_clip(_note(36, 0, 1.0), _note(36, 0.5)))[1] == (959, "note_off", 36)


def test_a_note_of_no_length_lasts_one_tick() -> None:
    assert _note_ons(_clip(_note(36, 0, 0.0))) == [(0, "note_on", 36), (1, "note_off", 36)]


def test_of_two_strokes_of_a_pitch_on_one_tick_the_louder_stays() -> None:
    clip = _clip(_note(36, 0.5, velocity=90), _note(36, 0.5, velocity=110), _note(36, 0.5, velocity=20))
    assert [m.velocity for m in _mido(clip).tracks[1] if m.type == "note_on"] == [110]


@pytest.mark.parametrize("name", ["Größe", "太鼓", "Drums 🥁", ""])
def test_a_name_in_any_script_survives(tmp_path: Path, name: str) -> None:
    path = tmp_path / "song.mid"
    path.write_bytes(to_bytes(_clip(_note(36, 0), name=name)))
    assert read(path).name == name


def test_equal_clips_give_equal_bytes() -> None:
    assert to_bytes(_clip(_note(36, 0), _note(38, 1))) == to_bytes(_clip(_note(38, 1), _note(36, 0)))


def test_bends_come_with_their_range_and_come_back(tmp_path: Path) -> None:
    bends = (Bend(Seconds(0.5), 3.0), Bend(Seconds(0.75), -6.0))
    path = tmp_path / "bass.mid"
    path.write_bytes(to_bytes(_clip(ClipNote(40, Seconds(0.5), Seconds(0.5), 90, bends), channel=0)))
    back = read(path).tracks[0].notes[0].bends
    assert [(b.time, pytest.approx(b.semitones, abs=0.01)) for b in back] == [(0.5, 3.0), (0.75, -6.0)]


def test_a_straight_note_after_a_bent_one_starts_straight() -> None:
    bent = ClipNote(40, Seconds(0.5), Seconds(0.2), 90, (Bend(Seconds(0.6), 1.0),))
    wheel = [m.pitch for m in _mido(_clip(bent, _note(43, 1.0), channel=0)).tracks[1] if m.type == "pitchwheel"]
    assert wheel == [4096, 0]


def test_a_clip_without_bends_has_no_controllers() -> None:
    assert not [m for m in _mido(_clip(_note(36, 0))).tracks[1] if m.type in ("control_change", "pitchwheel")]


NOTES = st.lists(
    st.builds(_note, st.integers(30, 40), st.floats(0, 7), st.floats(0, 3), st.integers(1, 127)), max_size=40
)


@given(NOTES)
def test_every_note_on_has_its_note_off_before_the_next(notes: list[ClipNote]) -> None:
    sounding: set[int] = set()
    for _, kind, pitch in _note_ons(_clip(*notes)):
        assert (pitch in sounding) == (kind == "note_off")
        sounding ^= {pitch}
    assert not sounding


@settings(deadline=None)
@given(NOTES.filter(bool))
def test_a_clip_is_the_same_after_a_second_round(notes: list[ClipNote]) -> None:
    first = to_bytes(_clip(*notes))
    assert to_bytes(_read_back(first)) == first


def _read_back(data: bytes) -> Clip:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "again.mid"
        path.write_bytes(data)
        return read(path)


def test_a_file_of_another_resolution_is_read_in_seconds(tmp_path: Path) -> None:
    file = mido.MidiFile(ticks_per_beat=96)
    file.tracks.append(
        mido.MidiTrack([mido.Message("note_on", note=36, time=48), mido.Message("note_off", note=36, time=96)])
    )
    file.save(tmp_path / "old.mid")
    note = read(tmp_path / "old.mid").tracks[0].notes[0]
    assert (note.onset, note.duration) == (0.25, 0.5)


def test_channels_of_one_track_become_parts(tmp_path: Path) -> None:
    file = mido.MidiFile(type=0)
    on = [mido.Message("note_on", note=36, channel=c) for c in (9, 0)]
    file.tracks.append(mido.MidiTrack([*on, *(mido.Message("note_off", note=36, channel=c, time=10) for c in (9, 0))]))
    file.save(tmp_path / "old.mid")
    assert [track.channel for track in read(tmp_path / "old.mid").tracks] == [0, 9]


def test_a_note_that_is_never_ended_ends_with_its_track(tmp_path: Path) -> None:
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(mido.MidiTrack([mido.Message("note_on", note=36), mido.Message("note_off", note=40, time=480)]))
    file.save(tmp_path / "open.mid")
    assert read(tmp_path / "open.mid").tracks[0].notes[0].duration == 0.5


@pytest.mark.parametrize("data", [b"", b"RIFF....WAVE", to_bytes(_clip(_note(36, 0)))[:40]])
def test_a_file_that_is_no_midi_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.mid"
    path.write_bytes(data)
    with pytest.raises(NotMidiError, match=r"broken\.mid cannot be read"):
        read(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NotMidiError, match=r"gone\.mid"):
        read(tmp_path / "gone.mid")


@pytest.mark.parametrize(("pitch", "velocity"), [(128, 64), (-1, 64), (36, 0), (36, 128)])
def test_a_note_that_midi_cannot_hold_is_refused(pitch: int, velocity: int) -> None:
    with pytest.raises(ValueError, match=r"is [01] to 127"):
        _note(pitch, 0.0, velocity=velocity)
