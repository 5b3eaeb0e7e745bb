"""A real daemon process with real workers, driven by UDP and by the spool as a DAW would."""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import mido
import psutil
import pytest

from bridge.osc.client import RefusedError
from tests.wire.daemon_process import PATIENCE, DaemonProcess, events_until

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has neither SIGTERM nor SIGKILL")
EMBEDDED = json.dumps({"separator": "embedded"})
DRUMS = json.dumps({"input": "drums"})
HEAVY = ("torch", "onnxruntime", "librosa", "scipy", "demucs")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[DaemonProcess]:
    opened = DaemonProcess(tmp_path_factory.mktemp("home")).start()
    yield opened
    opened.kill()


@pytest.fixture(scope="module")
def job(home) -> str:
    """A song that is done."""
    with home.client() as client:
        ack = client.ask("/sidestick/process", str(home.song("Done.wav", level=1.0)), DRUMS)
        events_until(client, str(ack.args[1]))
    return str(ack.args[1])


def notes(path: Path) -> list[int]:
    return [message.note for message in mido.MidiFile(path) if message.type == "note_on" and message.velocity]


def wait_for(what, *, within: float = PATIENCE):
    """The first true value of `what()`; something outside this process has to happen."""
    deadline = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def test_a_mix_becomes_a_draft_and_then_the_final(home):
    song = home.song("Mix.wav")
    with home.client() as client:
        ack = client.ask("/sidestick/process", str(song), EMBEDDED)
        heard = events_until(client, str(ack.args[1]))
    written = [message.args[1] for message in heard if message.address == "/sidestick/midi"]
    assert written == [str(song.with_name("Mix.drums.mid"))] * 2
    assert heard[-1].args[3:] == (str(song.with_name("Mix.sidestick.json")), written[0])
    assert {36, 38, 42} <= set(notes(Path(written[0])))


def test_a_correction_of_the_draft_is_in_the_final(home):
    song = home.song("Early.wav", seconds=60.0, level=2.5)
    with home.client() as client, home.client() as editor:
        job = str(client.ask("/sidestick/process", str(song), EMBEDDED).args[1])
        next(message for message in client.events(PATIENCE) if message.address == "/sidestick/midi")
        clusters = json.loads(Path(str(editor.ask("/sidestick/clusters", job).args[2])).read_text("utf-8"))
        snare = next(str(each["cluster"]) for each in clusters if each["label"] == "snare")
        changes = json.dumps({"clusters": {snare: "cowbell"}, "settings": {"bpm": "half"}})
        revision = editor.ask("/sidestick/relabel", job, changes).args[2]
        status, told, _ = home.run_command("relabel", str(song.with_suffix(".sidestick.json")), "--start", "map")
        heard = events_until(client, job)
    assert (revision, status) == (1, 0), told
    assert heard[-1].address == "/sidestick/done" and heard[-1].args[2] == 2
    content = json.loads(song.with_suffix(".sidestick.json").read_text("utf-8"))
    assert {output["kind"] for output in content["outputs"]} >= {".drums.mid"} and len(content["stages"]) > 3
    assert 56 in notes(song.with_suffix(".drums.mid")) and 38 not in notes(song.with_suffix(".drums.mid"))
    assert content["corrected_grid"]["bpm"] < 0.6 * content["grid"]["bpm"]


def test_the_same_song_again_is_answered_at_once(home, job):
    with home.client() as client:
        ack = client.ask("/sidestick/process", str(home.music / "Done.wav"), DRUMS)
        heard = events_until(client, str(ack.args[1]))
    news = [message.address for message in heard if message.address != "/sidestick/remark"]
    assert news == ["/sidestick/done"]


def test_a_relabel_changes_the_midi_and_a_subscriber_hears_of_it(home, job):
    with home.client() as editor, home.client() as listener:
        listener.ask("/sidestick/subscribe", 0, 60)
        answer = editor.ask("/sidestick/relabel", job, '{"clusters": {"0": "cowbell"}}')
        news = [next(listener.events(PATIENCE)) for _ in range(2)]
        undone = editor.ask("/sidestick/undo", job)
    assert {message.address for message in news} == {"/sidestick/midi", "/sidestick/done"}
    assert answer.args[2] == undone.args[2] + 1
    assert 56 not in notes(Path(str(undone.args[4])))


def test_the_spool_answers_a_host_without_sockets(home, job):
    letter = home.ask_spool("clusters", "/sidestick/clusters", "1", job)
    wait_for(letter.exists)
    answer = json.loads(letter.read_text("utf-8"))
    assert answer["finished"]
    assert json.loads(Path(answer["answers"][0]["args"][2]).read_text("utf-8"))[0]["hits"]


def test_the_spool_follows_a_song_to_its_end(home):
    letter = home.ask_spool("process", "/sidestick/process", "1", str(home.song("Spooled.wav", level=2.0)), DRUMS)
    done = wait_for(lambda: letter.exists() and json.loads(letter.read_text("utf-8"))["finished"] and letter)
    assert Path(json.loads(done.read_text("utf-8"))["events"][-1]["args"][4]).is_file()


@pytest.mark.parametrize(
    ("address", "args", "code"),
    [
        ("/sidestick/process", ("Song.wav",), "relative_path"),
        ("/sidestick/process", ("{tmp}/gone.wav",), "missing"),
        ("/sidestick/process", ("{tmp}",), "folder"),
        ("/sidestick/process", ("{tmp}/text.wav",), "not_audio"),
        ("/sidestick/process", ("{tmp}/text.wav", "{"), "bad_json"),
        ("/sidestick/process", ("{tmp}/text.wav", '{"bpm": "fast"}'), "bad_option"),
        ("/sidestick/process", (7,), "bad_argument"),
        ("/sidestick/process", (), "missing_argument"),
        ("/sidestick/proces", ("{tmp}",), "unknown_address"),
        ("/sidestick/relabel", ("nobody", "{}"), "unknown_job"),
        ("/sidestick/relabel", ("{job}", '{"clusters": {"99": "snare"}}'), "unknown_cluster"),
        ("/sidestick/relabel", ("{job}", '{"clusters": {"0": "snarre"}}'), "unknown_label"),
        ("/sidestick/push", ("{job}", '{"channel": 17}'), "bad_option"),
        ("/sidestick/audition", ("{job}", 99), "unknown_cluster"),
        ("/sidestick/cancel", ("{job}",), "job_over"),
    ],
)
def test_a_refusal_has_a_code_and_a_sentence(home, job, tmp_path, address, args, code):
    (tmp_path / "text.wav").write_text("no sound")
    here = {"tmp": str(tmp_path), "job": job}
    filled = [re.sub(r"\{(tmp|job)\}", lambda m: here[m[1]], each) if isinstance(each, str) else each for each in args]
    with home.client() as client, pytest.raises(RefusedError) as caught:
        client.ask(address, *filled)
    assert (caught.value.code, caught.value.text[-1] in ".?") == (code, True)


def test_the_daemon_itself_loads_no_heavy_library(home, job):
    maps = " ".join(entry.path for entry in psutil.Process(home.process.pid).memory_maps())
    assert not [heavy for heavy in HEAVY if f"/{heavy}/" in maps]


def test_jobs_are_listed_by_the_command_line(home, job):
    status, out, _ = home.run_command("jobs", "--json")
    assert (status, job in [row["job"] for row in json.loads(out)]) == (0, True)


def test_send_speaks_to_the_running_daemon(home):
    status, out, _ = home.run_command("send", "ping")
    assert (status, "/sidestick/pong" in out) == (0, True)


def test_a_second_sidestick_names_the_first(home):
    status, _, errors = home.run_command("run")
    assert (status, f"process {home.process.pid}" in errors) == (2, True)


def test_a_running_job_is_cancelled_and_another_one_goes_on(home):
    with home.client() as client:
        ack = client.ask("/sidestick/process", str(home.song("Long.wav", seconds=120.0)), EMBEDDED)
        next(message for message in client.events(PATIENCE) if message.address == "/sidestick/progress")
        client.ask("/sidestick/cancel", ack.args[1])
        [*_, end] = events_until(client, str(ack.args[1]))
        assert end.args[2] == "cancelled"
        after = client.ask("/sidestick/process", str(home.song("After.wav", level=3.0)), DRUMS)
        assert events_until(client, str(after.args[1]))[-1].address == "/sidestick/done"
    assert not home.music.joinpath("Long.sidestick.json").exists()


@posix
def test_a_daemon_that_is_killed_goes_on_where_it_was_and_one_that_is_asked_stops_cleanly(tmp_path):
    home = DaemonProcess(tmp_path, daemon__draft="false").start()
    songs = [home.song(f"{number}.wav", level=float(number)) for number in range(3)]
    with home.client() as client:
        jobs = [str(client.ask("/sidestick/process", str(song), DRUMS).args[1]) for song in songs]
        next(message for message in client.events(PATIENCE) if message.address == "/sidestick/progress")
    workers = psutil.Process(home.process.pid).children(recursive=True)
    home.kill()
    psutil.wait_procs(workers, timeout=PATIENCE)
    home.start()
    with home.client() as client:
        wait_for(lambda: client.ask("/sidestick/status").args[1:3] == (0, 0))
    rows = json.loads(home.run_command("jobs", "--json")[1])
    assert {row["job"]: row["state"] for row in rows} == dict.fromkeys(jobs, "done")
    names = sorted(path.name for path in home.music.iterdir())
    assert names == sorted(f"{n}{ending}" for n in range(3) for ending in (".wav", ".sidestick.json", ".drums.mid"))
    assert home.end() == 0
    assert not home.state.joinpath("daemon.json").exists()


def test_exports_follow_a_correction_and_its_answer_does_not_wait(home, job):
    export = json.dumps({"export": ["csv", "musicxml"]})
    with home.client() as client:
        done = client.ask("/sidestick/regenerate", job, export)
    assert done.address == "/sidestick/done" and Path(str(done.args[-1])).is_file()
    wait_for((home.music / "Done.musicxml").is_file)
    assert (home.music / "Done.hits.csv").read_text("utf-8").count("\n") > 10


def test_an_export_that_a_daw_asks_for_is_there_with_the_answer(home, job):
    with home.client() as client:
        exported = client.ask("/sidestick/export", job, "reaper")
    assert exported.address == "/sidestick/exported" and Path(str(exported.args[-1])).is_file()
