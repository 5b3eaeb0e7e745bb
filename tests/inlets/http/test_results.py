"""A result in one answer, and the names that other services have for things."""

import base64
import re
from pathlib import Path

import mido
import pytest

from daemon.pipeline.options import Options
from tests.jobs.sample_jobs import job

ROOT = Path(__file__).parents[3]


def test_a_result_has_tempo_counts_models_and_midi(server, client):
    found = client.get(f"/api/jobs/{server.song()}/result").json()
    assert found["job"]["state"] == "done" and found["bpm"] > 0 and found["duration"] > 0
    assert sum(found["hits"].values()) > 0
    data = base64.b64decode(found["midi"]["drums"])
    (server.folder / "result.mid").write_bytes(data)
    notes = [m for m in mido.MidiFile(server.folder / "result.mid") if m.type == "note_on" and m.velocity]
    assert len(notes) == sum(found["hits"].values())


def test_a_job_that_goes_on_is_not_waited_for_unless_asked(server, client):
    waiting = server.store.add(job(str(server.folder / "Waiting.wav")))
    for query in ("", "?wait=0.1"):
        answer = client.get(f"/api/jobs/{waiting.id}/result{query}")
        assert (answer.status_code, answer.json()["code"]) == (409, "job_active")


def test_a_wait_has_a_limit(client):
    assert client.get("/api/jobs/a/result?wait=601").status_code == 400


@pytest.mark.parametrize(("short", "name"), [("hh", "hihat"), ("HH", "hihat"), ("bd", "kick"), ("hihat", "hihat")])
def test_short_names_of_drums_are_understood(short, name):
    assert Options.read({"sensitivity": {short: 0.7}}).sensitivity == {name: 0.7}


def test_every_address_of_the_table_for_other_clients_exists(client):
    text = (ROOT / "docs/reference.md").read_text("utf-8").split("| there | here |")[1].split("\n\n")[0]
    ours = [
        cell for line in text.splitlines()[2:] for cell in re.findall(r"`(?:[A-Z]+ )?(/[^`?]*)", line.split("|")[2])
    ]
    paths = {re.sub(r"\{\w+\}", "{}", path) for path in client.get("/openapi.json").json()["paths"]}
    full = [path if path.startswith(("/api", "/health")) else f"/api/jobs/{{}}{path}" for path in ours]
    known = {*paths, "/api/ws", "/api/jobs/{}/", "/api/jobs/{}/midi/drums"}
    assert len(full) > 15
    assert {re.sub(r"\{\w+\}", "{}", path) for path in full} <= known
