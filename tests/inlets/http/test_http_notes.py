"""What was heard, and corrections by several hands."""

import io
import json
import threading
from pathlib import Path

import mido
import pytest

from daemon.outlets.manifest import Manifest
from tests.inlets.http.server import KEY, HttpServer, open_events, wait_for

RELABEL = {"clusters": {"0": "cowbell"}}


def at(name: str, place: str) -> str:
    return f"/api/jobs/{name}/{place}"


def change(client, name: str, revision: int, **changes: object):
    return client.put(at(name, "clusters"), json={"revision": revision, "changes": changes})


def test_the_notes_are_rows_under_a_header(server, client):
    found = client.get(at(server.song(), "notes")).json()
    columns = found["hits"]["columns"]
    first = dict(zip(columns, found["hits"]["rows"][0], strict=True))
    assert (first["id"], first["onset"], first["label"], first["pitch"]) == (0, 0.0, "kick", 36)
    assert (found["revision"], found["duration"], found["grid"]["bpm"], found["can_undo"]) == (0, 10.0, 120.0, False)
    assert [cluster["label"] for cluster in found["clusters"]] == ["kick", "snare", "closed_hihat"]


def test_a_relabel_answers_with_the_song_as_it_is_now_and_writes_it(server, client):
    name = server.song()
    found = change(client, name, 0, **RELABEL).json()
    assert (found["revision"], found["can_undo"], found["clusters"][0]["label"]) == (1, True, "cowbell")
    midi = mido.MidiFile(client.get(f"/api/jobs/{name}").json()["midi"])
    assert 56 in [message.note for message in midi if message.type == "note_on"]


@pytest.mark.parametrize("place", ["midi", "midi/drums"])
def test_the_midi_over_http_has_the_bytes_of_the_file_on_disk(server, client, place):
    name = server.song()
    change(client, name, 0, **RELABEL)
    on_disk = Path(client.get(f"/api/jobs/{name}").json()["midi"])
    assert client.get(at(name, place)).content == on_disk.read_bytes()


def test_a_stale_revision_is_told_the_one_that_holds(server, client):
    name = server.song()
    change(client, name, 0, **RELABEL)
    refused = change(client, name, 0, clusters={"0": "snare"})
    assert (refused.status_code, refused.json()["code"], refused.json()["revision"]) == (409, "stale_revision", 1)
    assert server.labels(name)[0] == "cowbell"


@pytest.mark.parametrize("place", ["revisions/undo", "revisions/redo", "regenerate"])
def test_every_correction_minds_the_revision(server, client, place):
    body = {"revision": 7, **({"options": {"grid": {"step": "1/8"}}} if place == "regenerate" else {})}
    assert client.post(at(server.song(), place), json=body).json()["code"] == "stale_revision"


def test_undo_and_redo_go_back_and_forth(server, client):
    name = server.song()
    change(client, name, 0, **RELABEL)
    undone = client.post(at(name, "revisions/undo"), json={"revision": 1}).json()
    assert (undone["revision"], undone["can_redo"], undone["clusters"][0]["label"]) == (0, True, "kick")
    assert client.post(at(name, "revisions/redo"), json={"revision": 0}).json()["revision"] == 1
    assert client.get(at(name, "revisions")).json() == {
        "head": 1, "revisions": [{"number": 1, "parent": 0, "changes": RELABEL}], "can_undo": True, "can_redo": False,
    }  # fmt: skip


def test_there_is_nothing_to_undo_at_first(server, client):
    refused = client.post(at(server.song(), "revisions/undo"), json={"revision": 0})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_undo")


def test_regenerate_changes_settings_without_the_audio(server, client):
    answer = client.post(at(server.song(), "regenerate"), json={"revision": 0, "options": {"drum_map": "ableton"}})
    assert answer.json()["options"]["drum_map"] == "ableton"


@pytest.mark.parametrize(
    "changes",
    [{}, {"clusters": {"99": "snare"}}, {"clusters": {"0": "gong"}}, {"hits": {"x": "snare"}}, {"lunch": 1},
     {"settings": {"separator": "mdx"}}, {"settings": {"grid": {"step": []}}}, {"velocity": [{"scale": 1e999}]}],
)  # fmt: skip
def test_a_change_that_does_not_fit_is_refused_and_changes_nothing(server, client, changes):
    name = server.song()
    answer = client.put(
        at(name, "clusters"), content=f'{{"revision": 0, "changes": {_json(changes)}}}',
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 400 and answer.json()["text"]
    assert client.get(at(name, "revisions")).json()["head"] == 0


def _json(value: object) -> str:
    return json.dumps(value).replace("Infinity", "1e999")


def test_a_correction_by_osc_is_seen_here_and_the_other_way_round(server, client):
    name = server.song()
    server.osc("/sidestick/relabel", "1", name, '{"clusters": {"0": "cowbell"}}')
    assert server.labels(name)[0] == "cowbell"
    change(client, name, 1, clusters={"0": "snare"})
    assert server.osc("/sidestick/undo", "2", name).args[2] == 1
    assert server.labels(name)[0] == "cowbell"


def test_two_browsers_and_a_daw_that_edit_at_once_end_in_one_state(server, client):
    """Each retries with the revision that it was told, as the page does; nothing is lost."""
    name, tries = server.song(), 8

    def browse(label: str) -> None:
        with server.new_client() as other:
            revision = 0
            for number in range(tries):
                while (answer := change(other, name, revision, hits={str(number): label})).status_code == 409:
                    revision = answer.json()["revision"]
                revision = answer.json()["revision"]

    def play() -> None:
        for number in range(tries):
            label = ("ride", "crash")[number % 2]
            server.osc("/sidestick/relabel", f"daw {number}", name, json.dumps({"clusters": {"2": label}}))

    hands = [threading.Thread(target=browse, args=(label,)) for label in ("cowbell", "clap")]
    hands.append(threading.Thread(target=play))
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    history = client.get(at(name, "revisions")).json()
    assert history["head"] == len(history["revisions"]) == 3 * tries
    assert [revision["parent"] for revision in history["revisions"]] == list(range(3 * tries))
    assert Manifest.load(server.context.core.manifest_path(name)).history.head == 3 * tries


def test_a_correction_is_heard_by_everybody_who_listens(server, client):
    name = server.song()
    with open_events(client, f"/api/jobs/{name}/events") as listener:
        assert listener.next()[1] == "state"
        with server.new_client() as other:
            change(other, name, 0, **RELABEL)
        heard = listener.until("revision")
    assert heard[-1][2]["revision"] == 1 and heard[-1][2]["job"] == name


def test_a_push_plays_on_the_port_and_stop_ends_it(server, client):
    name = server.song()
    assert client.post(at(name, "push"), json={"loop": True}).json() == {"notes": 9}
    assert server.midi.is_playing(name)
    assert client.post("/api/stop").json() == {}
    assert not server.midi.is_playing(name)


def test_an_audition_plays_one_cluster(server, client):
    name = server.song()
    assert client.post(at(name, "audition"), json={"cluster": 1}).status_code == 200
    refused = client.post(at(name, "audition"), json={"cluster": 77})
    assert refused.json()["code"] == "unknown_cluster"
    assert client.post("/api/panic").json() == {}


def test_an_audition_that_asks_for_it_lets_the_next_pad_name_the_cluster(server, client):
    name = server.song()
    assert client.post(at(name, "audition"), json={"cluster": 1, "learn": True}).json() == {"notes": 3}
    server.pad(56)
    wait_for(lambda: server.labels(name)[1] == "cowbell")


def test_an_audition_by_itself_leaves_the_pads_alone(server, client):
    name = server.song()
    client.post(at(name, "audition"), json={"cluster": 1})
    server.pad(56)
    assert client.get(at(name, "revisions")).json()["head"] == 0


def test_four_even_taps_set_the_beat_and_can_be_undone(server, client):
    name = server.song()
    answers = [client.post(at(name, "tap"), json={"seconds": second}).json() for second in (1.1, 1.8, 2.5, 3.2)]
    assert [answer["taps"] for answer in answers] == [1, 2, 3, 4]
    assert [answer["revision"] for answer in answers] == [0, 0, 0, 1]
    assert answers[-1]["bpm"] == pytest.approx(60 / 0.7, abs=0.1)
    assert client.get(at(name, "notes")).json()["grid"]["bpm"] == pytest.approx(60 / 0.7, abs=1)
    assert client.post(at(name, "revisions/undo"), json={"revision": 1}).json()["revision"] == 0


def test_taps_over_http_and_osc_are_one_tapping(server, client):
    name = server.song()
    client.post(at(name, "tap"), json={})
    assert server.osc("/sidestick/tap", "t1", name).args[2] == 2


@pytest.mark.parametrize("body", [{"seconds": -1}, {"seconds": "now"}, {"second": 1}, {"seconds": 1e9}])
def test_a_tap_nowhere_is_refused(server, client, body):
    assert client.post(at(server.song(), "tap"), json=body).json()["code"] == "bad_request"


def test_a_tap_for_no_job_is_refused(client):
    assert client.post(at("nobody", "tap"), json={}).json()["code"] == "unknown_job"


def test_osc_and_http_give_the_same_notes(server, client):
    name = server.song()
    rows = json.loads(Path(server.osc("/sidestick/notes", "n1", name).args[2]).read_text("utf-8"))["notes"]
    body = client.get(at(name, "notes")).json()["hits"]
    columns = [body["columns"].index(column) for column in ("id", "time", "pitch", "velocity")]
    assert [[row[i] for i in columns] for row in body["rows"]] == [
        [row["id"], pytest.approx(row["time"], abs=1e-5), row["pitch"], row["velocity"]] for row in rows
    ]


def test_without_a_port_the_reason_is_told(tmp_path):
    from bridge.midi.port import NoPort
    from daemon.outlets.midi_port import MidiOutlet, PortSettings

    server = HttpServer(tmp_path, http_key=KEY)
    server.midi.close()
    no_port = PortSettings(open_out=lambda *_: NoPort("No MIDI here."), open_in=lambda *_: NoPort("No clock here."))
    server.context.core._midi = MidiOutlet(no_port, lambda text: None)
    answer = server.client.post(at(server.song(), "push"), json={}, headers={"Authorization": f"Bearer {KEY}"})
    server.close()
    assert (answer.status_code, answer.json()) == (409, {"code": "no_port", "text": "No MIDI here."})


def test_the_midi_comes_as_a_file_with_the_song_s_name(server, client):
    answer = client.get(at(server.song(), "midi/drums"))
    assert answer.content[:4] == b"MThd"
    assert 'filename="Song.drums.mid"' in answer.headers["content-disposition"]
    assert client.get(at(server.song(), "midi/flute")).json()["code"] == "unknown_part"


def test_a_song_whose_sound_is_gone_tells_how_to_get_it_back(server, client):
    for place in ("stems", "stems/drums", "waveform/mix", "pictures/decode", "backing-track"):
        answer = client.get(at(server.song(), place))
        assert (answer.status_code, answer.json()["code"]) == (404, "no_sound") and "rerun" in answer.json()["text"]


def edited_midi(client, name: str) -> bytes:
    """The song's .mid with its snares on the clap's note, as a DAW saves it."""
    file = mido.MidiFile(client.get(f"/api/jobs/{name}").json()["midi"])
    for track in file.tracks:
        track[:] = [m.copy(note=39) if m.type in ("note_on", "note_off") and m.note == 38 else m for m in track]
    saved = io.BytesIO()
    file.save(file=saved)
    return saved.getvalue()


def put_midi(client, name: str, data: bytes):
    place = at(name, "midi?name=Song.drums.mid")
    return client.put(place, content=data, headers={"content-type": "application/octet-stream"})


def test_a_midi_that_was_edited_in_a_daw_corrects_the_song(server, client):
    name = server.song()
    change(client, name, 0, settings={"note_ms": 60})
    found = put_midi(client, name, edited_midi(client, name))
    assert found.status_code == 200
    assert [cluster["label"] for cluster in found.json()["clusters"]] == ["kick", "clap", "closed_hihat"]


@pytest.mark.parametrize(("data", "code"), [(b"RIFF", "not_midi"), (b"", "bad_request")])
def test_what_is_no_midi_is_refused(server, client, data, code):
    refused = put_midi(client, server.song(), data)
    assert refused.status_code == 400
    assert code == "bad_request" or "Song.drums.mid cannot be read as a MIDI file" in refused.text
