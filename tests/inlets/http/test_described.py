"""The description of the API: complete, true, and there without a network."""

import re

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from daemon.inlets.http import schemas
from daemon.inlets.http.examples import EXAMPLES
from daemon.pipeline.stages import STAGE_NAMES
from tests.inlets.http.server import HttpServer

ENDLESS = ("/api/events", "/api/jobs/{job}/events")


@pytest.fixture(scope="module")
def described(server):
    return server.client.get("/openapi.json").json()


@pytest.fixture
def operations(described):
    return [(path, how, about) for path, ways in described["paths"].items() for how, about in ways.items()]


def test_every_operation_says_what_it_is_for_and_how_it_refuses(operations):
    assert len(operations) >= 30
    for path, how, about in operations:
        assert about["summary"] and about["tags"], (how, path)
        assert "403" in about["responses"] and "422" not in about["responses"], (how, path)
        if "{job}" in path:
            assert "404" in about["responses"], (how, path)


def test_every_refusal_is_a_problem_with_an_example(operations):
    for path, how, about in operations:
        for status, response in about["responses"].items():
            if status in ("200", "202", "204", "206", "416"):
                continue
            content = response["content"]["application/json"]
            assert content["schema"]["$ref"].endswith("/Problem") and content["example"]["code"], (how, path, status)


def test_every_body_and_every_answer_that_can_be_read_has_an_example(described, operations):
    components = described["components"]["schemas"]
    for path, how, about in operations:
        bodies = [about["requestBody"]["content"]] if "requestBody" in about else []
        answers = [found.get("content", {}) for found in about["responses"].values()]
        for kind, shown in [pair for content in bodies + answers for pair in content.items()]:
            named = components.get(shown["schema"].get("$ref", "").rpartition("/")[2], {})
            readable = kind.startswith("text/") or kind == "application/json"
            assert not readable or "example" in shown or "example" in named, (how, path, kind)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_what_it_is_an_example_of(name):
    getattr(schemas, name).model_validate(EXAMPLES[name])


def test_everything_that_is_referred_to_is_there(described):
    named = set(re.findall(r"#/components/schemas/([\w.]+)", str(described)))
    assert named <= described["components"]["schemas"].keys()


def test_the_documentation_needs_no_network(client):
    page = client.get("/docs")
    assert page.status_code == 200 and not re.findall(r"(?:src|href)=.?https?:", page.text)
    for file in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert client.get(file).status_code == 200, file


def test_choices_name_what_options_take(client):
    found = client.get("/api/options").json()
    assert [stage["name"] for stage in found["stages"]] == [*STAGE_NAMES]
    assert found["stages"][0]["doing"] == "Reading the file"
    assert {"gm", "ableton"} <= set(found["drum_maps"]) and "grid" in found["schema"]["properties"]
    assert {"name": "closed_hihat", "title": "Closed Hi-Hat", "drum": "hihat"} in found["labels"]
    assert {"auto", "htdemucs", "embedded"} <= set(found["separators"]) and "drums" in found["parts"]


def test_models_tell_what_is_here_and_what_others_cost(client):
    found = client.get("/api/models").json()
    row = {model["name"]: model for model in found["models"]}["htdemucs"]
    assert row["recommended"] and row["state"] == "not fetched" and row["megabytes"] == 84 and row["minutes"] > 0
    assert found["offline"] and found["next_fetch"] is None


def test_health_names_the_daemon(client):
    found = client.get("/health").json()
    assert (found["name"], found["protocol"]) == ("sidestick", 1) and found["uptime_s"] >= 0


def test_health_tells_whether_there_is_a_midi_port(server, client):
    before = client.get("/health").json()
    server.midi.open()
    now = client.get("/health").json()
    assert (before["midi_open"], now["midi_open"]) == (False, True) and "leaves through" in now["midi_port"]


def test_metrics_are_lines_that_prometheus_reads(server, client):
    lines = client.get("/metrics").text.splitlines()
    assert all(re.fullmatch(r'# (HELP|TYPE) \w+ .+|sidestick_\w+(\{\w+="[^"]*"\})? [-+.e\d]+', line) for line in lines)
    assert 'sidestick_jobs{state="queued"} 0' in lines
    assert 'sidestick_osc_datagrams_total{kind="received"} 3' in lines


def test_nothing_that_fits_the_description_breaks_the_server(tmp_path):
    """Made-up requests to every operation, on a sidestick with a song in it."""
    server = HttpServer(tmp_path)
    server.song()
    answers = [answer for operation in _operations(server) for answer in _tried(server, operation)]
    server.close()
    broken = [answer for answer in answers if answer[1] >= 500]
    assert broken == [] and len(answers) > 300


def _operations(server):
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    for found in schema.get_all_operations():
        if found.ok().path not in ENDLESS:
            yield found.ok()


def _tried(server, operation):
    """What was answered to whatever hypothesis makes of the operation; its job is often the one that is there."""
    answers = []

    @settings(
        max_examples=25, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def tell(case):
        if len(answers) % 2 and "job" in (case.path_parameters or {}):
            case.path_parameters["job"] = (
                server.store.list_latest(1)[0].id if server.store.list_latest(1) else server.song()
            )
        response = case.call(timeout=30)
        answers.append((f"{case.method} {case.formatted_path} {case.body!r:.200}", response.status_code))

    given(operation.as_strategy())(tell)()
    return answers
