"""OPTIONS, Allow and If-None-Match, as HTTP's clients and proxies expect them."""

import pytest


def methods(answer) -> set[str]:
    return set(answer.headers["allow"].split(", "))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", {"GET", "HEAD", "OPTIONS"}),
        ("/api/jobs", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/api/jobs/x", {"DELETE", "GET", "HEAD", "OPTIONS"}),
    ],
)
def test_options_names_every_method_of_an_address(client, path, expected):
    answer = client.options(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert methods(answer) == expected


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_method_that_is_not_answered_is_refused_with_all_that_are(client, method):
    answer = client.request(method, "/api/jobs")
    assert answer.status_code == 405
    assert methods(answer) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_options_of_nothing_is_not_found(client):
    assert client.options("/api/nothing").status_code == 404


def test_what_breaks_while_a_known_tag_is_compared_is_told(client, monkeypatch):
    monkeypatch.setattr("daemon.core.Core.status", lambda self: 1 / 0)
    assert client.get("/health", headers={"If-None-Match": '"x"'}).status_code == 500
