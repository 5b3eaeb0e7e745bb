"""Jobs over HTTP: asked for, listed, stopped, forgotten."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from daemon.jobs.job import State
from daemon.pipeline.options import Options
from daemon.pipeline.stages import STAGE_NAMES
from tests import synth
from tests.acceptance.test_bad_input import BAD
from tests.inlets.http.server import HttpServer
from tests.jobs.sample_jobs import job


@pytest.fixture
def song(tmp_path):
    return synth.write(tmp_path / "Größe 1.wav", synth.tone(440.0, 1.0))


def ask(client, body, kind="application/json"):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/api/jobs", content=content, headers={"Content-Type": kind})


def test_a_path_on_this_machine_becomes_a_job(client, song):
    answer = ask(client, {"path": str(song), "options": {"grid": {"step": "1/8"}}})
    made = answer.json()
    assert (answer.status_code, made["name"], made["state"]) == (202, "Größe 1.wav", "queued")
    assert made["options"]["grid"]["step"] == "1/8"
    assert client.get(made["links"]["self"]).json() == made


def test_the_same_song_again_is_the_same_job(client, song):
    assert ask(client, {"path": str(song)}).json()["id"] == ask(client, {"path": str(song)}).json()["id"]


def test_a_queued_job_is_cancelled_once(client, song):
    home = ask(client, {"path": str(song)}).json()["links"]["self"]
    assert client.post(f"{home}/cancel").json()["state"] == "cancelled"
    assert client.post(f"{home}/cancel").json()["code"] == "job_over"


def test_an_active_job_is_not_forgotten_and_one_that_is_over_is(client, song):
    home = ask(client, {"path": str(song)}).json()["links"]["self"]
    assert client.delete(home).status_code == 409
    client.post(f"{home}/cancel")
    assert (client.delete(home).status_code, client.get(home).status_code) == (204, 404)
    assert song.exists()


def test_files_that_were_not_uploaded_are_never_removed(client, song):
    home = ask(client, {"path": str(song)}).json()["links"]["self"]
    client.post(f"{home}/cancel")
    assert client.delete(home, params={"files": "true"}).status_code == 204
    assert song.exists()


def test_pages_follow_each_other_without_gaps(tmp_path):
    server = HttpServer(tmp_path)
    names = [server.song() for _ in range(7)]
    found, before = [], None
    while True:
        page = server.client.get("/api/jobs", params={"limit": 3, **({"before": before} if before else {})}).json()
        found += [each["id"] for each in page["jobs"]]
        before = page["next"]
        if before is None:
            break
    server.close()
    assert sorted(found) == sorted(names) and len(found) == 7


def test_a_finished_job_tells_its_revision_and_where_its_files_are(server, client):
    name = server.song()
    client.put(f"/api/jobs/{name}/clusters", json={"revision": 0, "changes": {"clusters": {"0": "cowbell"}}})
    found = client.get(f"/api/jobs/{name}").json()
    assert (found["revision"], found["draft"], found["state"]) == (1, False, "done")
    assert found["manifest"].endswith("Song.sidestick.json")


def test_a_job_with_a_draft_says_so(server, client):
    running = server.store.move(server.store.add(job("/songs/Draft.wav")), State.RUNNING)
    server.store.move(running, State.QUEUED, manifest="/songs/Draft.sidestick.json")
    assert client.get(f"/api/jobs/{running.id}").json()["draft"] is True


@pytest.mark.parametrize("place", ["", "/notes", "/clusters", "/revisions", "/midi", "/stems", "/events", "/log"])
def test_an_unknown_job_is_404(client, place):
    answer = client.get(f"/api/jobs/none{place}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_job")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"path": "relative.wav"}, 400, "relative_path"),
        ({"path": "/does/not/exist.wav"}, 400, "missing"),
        ({"path": "/"}, 400, "folder"),
        ({"path": "/a\0b.wav"}, 400, "bad_name"),
        ({"path": "/x.wav", "options": {"grd": 1}}, 400, "bad_option"),
        ({"path": "/x.wav", "options": []}, 400, "bad_request"),
        ({"path": "/x.wav", "more": 1}, 400, "bad_request"),
        ({"path": "/x.wav", "url": "https://x.org"}, 400, "bad_request"),
        ({}, 400, "bad_request"),
        (b"[" * 100_000, 400, "bad_request"),
        (b'{"path": "\\ud800"}', 400, "bad_request"),
        (b"", 400, "bad_request"),
        ({"url": "file:///etc/passwd"}, 400, "bad_url"),
        ({"url": "http://127.0.0.1:9331/"}, 400, "bad_url"),
        ({"url": "http://localhost/"}, 400, "bad_url"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(client, body, status, code):
    answer = ask(client, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["text"].endswith((".", "..."))


@pytest.mark.parametrize("kind", ["missing", "within a file", "pipe", "empty", "text"])
def test_a_path_that_the_pipeline_refuses_is_refused_here_in_its_words(client, tmp_path, kind):
    name, make, reason = BAD[kind]
    answer = ask(client, {"path": str(make(tmp_path / name))})
    assert answer.status_code == 400 and reason in answer.json()["text"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_form_of_another_page_is_no_request(client, kind, song):
    answer = ask(client, {"path": str(song)}, kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")


def test_a_body_that_is_too_long_is_not_read(client):
    assert ask(client, b" " * (9 << 20)).status_code == 413


def test_a_job_that_runs_is_not_run_again(server, client):
    running = server.store.move(server.store.add(job("/songs/Running.wav")), State.RUNNING)
    assert client.post(f"/api/jobs/{running.id}/rerun", json={"from": "kit"}).json()["code"] == "job_active"


def test_a_rerun_is_a_new_job_although_it_was_done_before(server, client, song):
    first = ask(client, {"path": str(song)}).json()
    done = server.store.move(server.store.move(server.store.get(first["id"]), State.RUNNING), State.DONE)
    again = client.post(f"/api/jobs/{done.id}/rerun", json={"from": "hits", "options": {"bpm": 90}})
    assert (again.status_code, again.json()["state"], again.json()["options"]["bpm"]) == (202, "queued", 90)
    assert again.json()["id"] != first["id"]


def end_job(server, job_id):
    return server.store.move(server.store.move(server.store.get(job_id), State.RUNNING), State.DONE)


def test_a_rerun_that_cannot_be_done_drops_nothing(server, client, song, monkeypatch):
    done = end_job(server, ask(client, {"path": str(song)}).json()["id"])
    monkeypatch.setattr("daemon.inlets.http.cached_results.CachedResults.forget", lambda *_: pytest.fail("dropped"))
    answer = client.post(f"/api/jobs/{done.id}/rerun", json={"from": "separate", "options": {"bpm": "fast"}})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_option")


def test_of_eight_reruns_at_once_one_is_done_and_nothing_drops_what_it_works_with(server, client, song, monkeypatch):
    done = end_job(server, ask(client, {"path": str(song)}).json()["id"])
    dropped = []
    monkeypatch.setattr(
        "daemon.inlets.http.cached_results.CachedResults.forget", lambda _, before, first: dropped.append(before.id)
    )
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(f"/api/jobs/{done.id}/rerun", json={"from": "kit"}), range(8)))
    codes = sorted(answer.status_code for answer in answers)
    assert (codes, dropped) == ([202] + [409] * 7, [done.id])


def test_a_rerun_waits_for_a_job_of_the_same_content_under_another_name(server, client, song):
    done = end_job(server, ask(client, {"path": str(song)}).json()["id"])
    done = server.store.update(done, digest="d" * 64)
    server.store.add(replace(job("/songs/Copy.wav"), digest="d" * 64))
    answer = client.post(f"/api/jobs/{done.id}/rerun", json={"from": "kit"})
    assert answer.json()["code"] == "job_active" and "Copy.wav" in answer.json()["text"]


def test_a_stage_that_there_is_not_is_refused_by_name(client):
    answer = client.post("/api/jobs/x/rerun", json={"from": "lunch"})
    assert answer.status_code == 400 and "lunch" in answer.json()["text"]


def test_the_log_of_a_job_holds_its_own_lines(server, client):
    name = server.song()
    state = server.settings.folders.state
    state.mkdir(parents=True, exist_ok=True)
    told = ("Song.wav: queued", "Other.wav: queued", f"Job {name}: corrected, revision 1", "Job none: done")
    lines = [*(f"2999-01-01 00:00:0{second}  {text}" for second, text in enumerate(told)), "torn"]
    (state / "sidestick.log").write_text("\n".join([*lines, "1960-01-01 00:00:00  Song.wav: too old"]))
    assert client.get(f"/api/jobs/{name}/log").json() == {
        "lines": [
            {"time": "2999-01-01 00:00:00", "text": "Song.wav: queued"},
            {"time": "2999-01-01 00:00:02", "text": f"Job {name}: corrected, revision 1"},
        ]
    }


def test_a_job_tells_its_remarks_with_their_codes(server, client):
    told = ("Song.wav has 8 channels; the first two were used.", "Something that an older version said.")
    asked = server.store.add(job("/music/Song.wav", state=State.DONE, remarks=told))
    found = client.get(f"/api/jobs/{asked.id}").json()["remarks"]
    assert found == [{"code": "channels", "text": told[0]}, {"code": "remark", "text": told[1]}]


def test_a_job_tells_its_stages_and_which_steps_they_are(server, client):
    name = server.store.add(job("/music/Song.wav", options=Options(input="mix", parts=("bass", "drums")))).id
    stages = client.get(f"/api/jobs/{name}").json()["stages"]
    assert [stage["name"] for stage in stages] == [*STAGE_NAMES]
    assert next(stage["steps"] for stage in stages if stage["name"] == "notes") == ["bass"]
