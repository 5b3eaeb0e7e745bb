"""A .mid of a song that a DAW saved again corrects it."""

import mido
import pytest

from bridge.midi.file_reader import read
from daemon.errors import Rejected
from daemon.outlets.delivery import DeliverySettings, correct
from daemon.outlets.learn import find_manifest, learn
from daemon.outlets.manifest import Manifest
from tests.songs import save_manifest

SNARE, CLAP = 38, 39


@pytest.fixture
def settings(tmp_path):
    return DeliverySettings(tmp_path / "locks")


@pytest.fixture
def song(tmp_path, settings):
    """The manifest of a song whose .mid lies beside it."""
    path = save_manifest(tmp_path)
    correct(path, {"settings": {"grid": {"quantize": False}}}, settings)
    return path


def save_again(midi, change, ppq=96):
    """As a DAW does: every note written anew, in ticks of its own, on channel 1."""
    old = mido.MidiFile(midi)
    file = mido.MidiFile(ticks_per_beat=ppq)
    for track in old.tracks:
        now, events = 0, []
        for message in track:
            now += message.time
            events.append((round(now * ppq / old.ticks_per_beat), message))
        events = [event for event in (change(tick, message) for tick, message in events) if event]
        written, before = mido.MidiTrack(), 0
        for tick, message in sorted(events, key=lambda event: event[0]):
            channel = {"channel": 0} if hasattr(message, "channel") else {}
            written.append(message.copy(time=tick - before, **channel))
            before = tick
        file.tracks.append(written)
    edited = midi.with_name("Song.drums-9.mid")
    file.save(edited)
    return edited


def keep(tick, message):
    return tick, message


def clap_for_snare(tick, message):
    is_snare = message.type in ("note_on", "note_off") and message.note == SNARE
    return tick, message.copy(note=CLAP) if is_snare else message


def midi_of(song):
    return song.with_name("Song.drums.mid")


def test_notes_on_another_pitch_are_relabelled_in_the_song_and_its_midi(song, settings):
    learned = learn(save_again(midi_of(song), clap_for_snare), None, settings)
    assert learned.edits.relabelled == 3
    assert CLAP in {note.pitch for note in read(learned.delivery.midi).tracks[0].notes}
    assert {hit.label for hit in learned.delivery.arrangement.hits} == {"kick", "clap", "closed_hihat"}


def test_an_edit_is_one_revision_that_can_be_taken_back(song, settings):
    before = Manifest.load(song).history.head
    learned = learn(save_again(midi_of(song), clap_for_snare), None, settings)
    assert learned.delivery.content.history.head == before + 1


def test_a_velocity_that_was_changed_is_that_of_the_hit(song, settings):
    def softer(tick, message):
        return tick, message.copy(velocity=17) if message.type == "note_on" and message.velocity else message

    learned = learn(save_again(midi_of(song), softer), None, settings)
    assert {hit.velocity for hit in learned.delivery.arrangement.hits} == {17}


def test_what_was_corrected_elsewhere_meanwhile_stays(song, settings):
    edited = save_again(midi_of(song), clap_for_snare)
    correct(song, {"clusters": {"0": "floor_tom"}}, settings)
    learned = learn(edited, None, settings)
    assert learned.edits.summary == "3 relabelled"
    assert {hit.label for hit in learned.delivery.arrangement.hits} == {"floor_tom", "clap", "closed_hihat"}


def test_a_bar_of_silence_before_the_song_is_taken_off(song, settings):
    def later(tick, message):
        found = clap_for_snare(tick, message)
        return found[0] + (192 if hasattr(message, "channel") else 0), found[1]

    learned = learn(save_again(midi_of(song), later), None, settings)
    assert learned.edits.summary == "3 relabelled"


def test_a_file_without_edits_is_refused(song, settings):
    with pytest.raises(Rejected, match="as sidestick wrote them"):
        learn(save_again(midi_of(song), keep), None, settings)


def test_a_file_that_is_no_midi_is_refused(song, settings):
    song.with_name("Song.drums.mid").write_bytes(b"RIFF")
    with pytest.raises(Rejected) as caught:
        learn(song.with_name("Song.drums.mid"), None, settings)
    assert caught.value.code == "not_midi"


def test_a_file_without_its_manifest_is_refused_with_the_remedy(song, settings):
    edited = save_again(midi_of(song), keep)
    song.unlink()
    with pytest.raises(Rejected, match="file too"):
        learn(edited, None, settings)


def test_a_manifest_elsewhere_can_be_named(song, settings, tmp_path):
    edited = save_again(midi_of(song), clap_for_snare)
    away = tmp_path / "DAW" / "anything.mid"
    away.parent.mkdir()
    edited.rename(away)
    assert learn(away, song, settings).edits.relabelled == 3


@pytest.mark.parametrize("name", ["Song.drums.mid", "Song.drums-2.mid", "Song.mid", "Song.drums.bar1.mid"])
def test_the_manifest_is_found_by_the_name_of_the_file(song, name):
    assert find_manifest(song.with_name(name)) == song


def test_a_song_whose_own_name_ends_with_a_number_is_found(song):
    numbered = song.with_name("Take-2.sidestick.json")
    numbered.write_bytes(song.read_bytes())
    assert find_manifest(song.with_name("Take-2.drums.mid")) == numbered
