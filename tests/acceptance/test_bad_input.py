"""Whatever comes in: one sentence that names the file, the reason and the remedy, and everything else goes on."""

import json
import os
from functools import partial

import numpy as np
import pytest

from tests import synth
from tests.acceptance.command_line import BEAT, DRUMS

SOUND = synth.play(BEAT, 2.0)
ROOM = 200_000  # bytes: enough for MIDI and manifest, not for two seconds of sound


posix = pytest.mark.skipif(os.name == "nt", reason="Windows limits no process's files")


def missing(path):
    return path


def folder_within_a_file(path):
    path.write_text("")
    return path / "Song.wav"


def pipe(path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(path)
    return path


def holding(data, path):
    path.write_bytes(data)
    return path


def headless(path):
    return holding(synth.write(path, SOUND).read_bytes()[:20], path)


def write_sound(samples, path, rate=synth.RATE):
    return synth.write(path, samples, rate=rate)


def without_channels(path):
    data = bytearray(synth.write(path, SOUND, subtype="PCM_16").read_bytes())
    at = data.index(b"fmt ") + 10
    data[at : at + 2] = b"\0\0"
    return holding(bytes(data), path)


def with_nan(path):
    samples = SOUND.copy()
    samples[:, 5000] = np.nan
    return write_sound(samples, path)


def named_in_latin_1(path):
    return write_sound(SOUND, path).rename(path.with_name("K\udcf6nig.wav"))


BAD = {
    "missing": ("Song.wav", missing, "cannot be found"),
    "within a file": ("Song.wav", folder_within_a_file, "cannot be found"),
    "pipe": ("Song.wav", pipe, "Only ordinary files"),
    "empty": ("Song.wav", partial(holding, b""), "is empty (0 bytes)"),
    "text": ("Song.mp3", partial(holding, b"la la la"), "is not audio"),
    "header only": ("Song.wav", headless, "Export or copy it again"),
    "picture only": ("Song.mp4", synth.write_video, "has no audio track"),
    "too short": ("Song.wav", partial(write_sound, SOUND[:, :2000]), "only 45 ms"),
    "silent": ("Song.wav", partial(write_sound, synth.silence(1.0)), "is silent"),
    "not a number": ("Song.wav", with_nan, "no numbers"),
    "no channels": ("Song.wav", without_channels, "Export"),
    "slow rate": ("Song.wav", partial(write_sound, SOUND, rate=4000), "8000 to 192000 Hz"),
    "fast rate": ("Song.wav", partial(write_sound, SOUND, rate=384000), "8000 to 192000 Hz"),
    "strange name": ("Song.wav", named_in_latin_1, "no UTF-8"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_song_is_refused_with_a_reason(home, kind):
    name, make, reason = BAD[kind]
    bad = make(home.music / name)
    before = home.files()
    result = home.sidestick("transcribe", bad, *DRUMS)
    assert result.exit_code == 1
    assert reason in result.stderr and bad.stem.encode("ascii", "backslashreplace").decode() in result.stderr
    assert result.stderr.strip().endswith(".") and "Traceback" not in result.stderr
    assert home.files() == before


def test_a_song_over_the_limit_is_refused_with_the_setting_that_raises_it(home):
    result = home.sidestick("transcribe", home.song(), *DRUMS, limits__max_minutes="0.02")
    assert result.exit_code == 1
    assert "0:02.0 long and the limit is 0:01.2" in result.stderr and "limits.max_minutes" in result.stderr


def test_a_truncated_song_is_used_as_far_as_it_goes(home):
    song = home.song()
    song.write_bytes(song.read_bytes()[:-300_000])
    result = home.sidestick("transcribe", song, *DRUMS)
    assert result.exit_code == 0
    assert "Song.drums.mid" in home.files()


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (11025, 2), (96000, 2), (192000, 1), (48000, 8)])
def test_odd_rates_and_more_channels_are_used(home, rate, channels):
    song = synth.write(home.music / "Song.wav", synth.play(BEAT, 2.0, rate=rate, channels=channels), rate=rate)
    result = home.sidestick("transcribe", song, *DRUMS)
    assert result.exit_code == 0
    assert ("8 channels; the first two were used" in result.stdout) == (channels == 8)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--bpm 0", "--bpm: '0' does not work; the least is 20."),
        ("--bpm 1000", "the most is 400"),
        ("--bpm fast", "--bpm: 'fast' does not work; it must be a number."),
        ("--bpm nan", "it must be a finite number"),
        ("--meter 0", "--meter: '0' does not work; write a meter like 3/4, 7/8 or 12/8."),
        ("--downbeat soon", "--downbeat: 'soon' does not work; it must be a number."),
        ("--input choir", "use mix, drums"),
        ("--parts drums,kazoo", "--parts: 'kazoo' does not work; use drums, bass, vocals, other, guitar or piano."),
        ("--separator magic", "Known are auto, embedded, htdemucs"),
        ("--separator drumsep", "There is no separator 'drumsep'"),
        ("--separator htdemucs+drumsep", "There is no separator 'drumsep'"),
        ("--separator auto+embedded", "There is no separator 'auto'"),
        ("--separator htdemucs*0+embedded", "must be names with weights above 0"),
        ("--kit magic", "use auto, embedded, drumsep or drumsep6"),
        ("--kit drumsep", "sidestick models fetch drumsep"),
        ("--kit-stems", "set stems and parts too"),
        ("--onsets magic", "use default, superflux or classic"),
        ("--grid 1/7", "use 1/4, 1/8, 1/16, 1/32, 1/4T, 1/8T or 1/16T"),
        ("--strength 2", "--strength: '2' does not work; the most is 1."),
        ("--tolerance -1", "the least is 0"),
        ("--swing 0.9", "--swing: '0.9' does not work; use auto, or 0.5 (straight) to 0.75"),
        ("--swing much", "use auto, or 0.5"),
        ("--drum-map kazoo", "Known are gm, ableton"),
        ("--stems ogg", "use wav, flac or mp3"),
        ("--nonsense", "No such option"),
    ],
)
def test_a_wrong_option_is_refused_before_any_work(home, words, sentence):
    song = home.song()
    result = home.sidestick("transcribe", song, *words.split())
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert home.files() == {"Song.wav"}


def test_all_wrong_options_are_told_at_once(home):
    result = home.sidestick("transcribe", home.song(), "--bpm", "1", "--grid", "1/7")
    assert "--bpm" in result.stderr and "--grid" in result.stderr


@pytest.mark.parametrize("words", [(), ("",)])
def test_no_song_at_all_is_a_wrong_call(home, words):
    assert home.sidestick("transcribe", *words).exit_code == 2


def test_a_folder_without_songs_is_a_wrong_call(home):
    result = home.sidestick("transcribe", home.music)
    assert result.exit_code == 2
    assert f"There is no song in {home.music}" in result.stderr


@pytest.mark.parametrize("place", ["file", "file/within"])
def test_an_output_folder_that_cannot_be_is_told_before_the_work(home, place):
    song = home.song()
    (home.folder / "file").write_text("")
    result = home.sidestick("transcribe", song, *DRUMS, "--out", home.folder / place)
    assert result.exit_code == 1
    assert "Choose another folder with --out" in result.stderr
    assert not (home.folder / "cache" / "stages" / "decode").exists()


def test_a_read_only_output_folder_is_told(home):
    result = home.sidestick("transcribe", home.song(), *DRUMS, "--out", "/proc/sidestick")
    assert result.exit_code == 1
    assert "Nothing can be written to /proc/sidestick" in result.stderr and "--out" in result.stderr


@pytest.mark.parametrize("folder", ["cache", "state"])
def test_a_folder_of_sidestick_that_cannot_be_used_never_ends_in_a_traceback(home, folder):
    (home.folder / "file").write_text("")
    result = home.sidestick(
        "transcribe", home.song(), *DRUMS, **{f"folders__{folder}": str(home.folder / "file" / "x")}
    )
    assert result.exit_code == (1 if folder == "cache" else 0)
    assert "SIDESTICK_FOLDERS__CACHE" in result.stderr or folder == "state"


def little_room():
    """Like a full disk: no file may grow beyond ROOM."""
    resource = pytest.importorskip("resource")
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))


@posix
def test_a_full_disk_for_the_cache_is_told_and_leaves_nothing(home):
    song = home.song()
    with home.start("transcribe", song, *DRUMS, before=little_room) as process:
        _, errors = process.communicate()
    assert process.returncode == 1
    assert "Song.wav" in errors and "disk" in errors and "Traceback" not in errors
    assert home.files() == {"Song.wav"}
    assert not list((home.folder / "cache" / "stages" / ".making").iterdir())


@posix
def test_a_full_disk_for_the_stems_is_told_and_leaves_nothing(home):
    song = home.song()
    asked = ("transcribe", song, "--separator", "embedded")
    assert home.sidestick(*asked, "--stems", "flac", "--out", home.folder / "elsewhere").exit_code == 0
    with home.start(*asked, "--stems", "wav", before=little_room) as process:
        _, errors = process.communicate()
    assert process.returncode == 1
    assert "disk" in errors and "Traceback" not in errors
    assert home.files() == {"Song.wav"}


def test_without_network_and_weights_auto_makes_do_and_says_so_in_one_sentence(home):
    result = home.sidestick("transcribe", home.song(), "--json")
    done = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == 0
    (remark,) = [remark for remark in done["remarks"] if "htdemucs" in remark]
    assert "offline" in remark and "signal processing" in remark


def test_without_network_a_separator_that_was_named_is_not_replaced(home):
    result = home.sidestick("transcribe", home.song(), "--separator", "htdemucs")
    assert result.exit_code == 1
    assert "htdemucs are not here" in result.stderr and "--separator embedded" in result.stderr


def test_damaged_weights_are_not_used(home):
    from daemon.backends.catalogue import published_checkpoints

    weights = home.folder / "models" / "htdemucs" / published_checkpoints()["htdemucs"].members[0].sources[0].file
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"something else")
    result = home.sidestick("transcribe", home.song(), "--separator", "htdemucs")
    assert result.exit_code == 1
    assert f"{weights} is damaged or was swapped" in result.stderr
    assert "sidestick models fetch htdemucs" in result.stderr


def test_two_runs_on_one_song_end_well_with_one_manifest(home):
    song = home.song()
    with home.start("transcribe", song, *DRUMS) as first, home.start("transcribe", song, *DRUMS) as second:
        said = [first.communicate()[1], second.communicate()[1]]
    assert (first.returncode, second.returncode) == (0, 0), said
    assert home.files() == {"Song.wav", "Song.drums.mid", "Song.sidestick.json"}
    assert home.sidestick("relabel", home.music / "Song.sidestick.json", "--delete-hit", "0").exit_code == 0
