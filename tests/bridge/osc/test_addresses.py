import pytest

from bridge.osc.addresses import FAIL, REPLIES, REPLY_PORT, REQUESTS, markdown, nearest_request


def test_every_answer_and_event_of_a_request_is_in_the_table() -> None:
    named = {path for r in REQUESTS.values() for path in (r.answer, *r.then, *r.ends)}
    assert named <= set(REPLIES)


def test_every_request_starts_with_an_id_and_knows_a_reply_port() -> None:
    assert all(r.arguments[0].name == "id" and REPLY_PORT in r.arguments for r in REQUESTS.values())


def test_an_event_that_ends_a_request_is_among_those_that_follow_it() -> None:
    assert all(set(r.ends) <= set(r.then) for r in REQUESTS.values())


def test_nothing_that_sidestick_says_is_also_a_request() -> None:
    assert not set(REPLIES) & set(REQUESTS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/sidestick/proces", "/sidestick/process"),
        ("/sidestick/Relabel", "/sidestick/relabel"),
        ("/process", "/sidestick/process"),
        ("/sidestick/cluster", "/sidestick/clusters"),
        ("/xyzzy/42", None),
    ],
)
def test_a_mistyped_address_leads_to_the_right_one(typed: str, meant: str | None) -> None:
    assert nearest_request(typed) == meant


def test_the_readme_section_shows_every_message_and_every_argument() -> None:
    text = markdown()
    assert (
        "| `/sidestick/process id path [options_json] [reply_port]` | `/sidestick/ack`, then `/sidestick/queued`"
        in text
    )
    assert all(f"`{path}" in text for path in (*REQUESTS, *REPLIES, FAIL))
