import inspect

import pytest

from bridge.osc.addresses import FAIL, REQUESTS
from bridge.osc.calls import read_call
from bridge.osc.wire import Message
from daemon.events import Done, Progress
from daemon.inlets.dispatch import MOST_REPLIES, REPLY_LIFETIME, Handlers
from daemon.outlets.notify import Requester
from tests.fake_core import JOB, FakeDaemon

RELABEL = ("/sidestick/relabel", "7", "j1", '{"clusters": {"3": "snare"}}')


def ask(fake_daemon: FakeDaemon, address: str, *args: object, client: str = "me") -> list[Message]:
    call = read_call(address, args)
    return fake_daemon.dispatcher.handle(call, Requester(client, call.id, lambda message: None))


def test_there_is_one_handler_for_each_verb_of_the_table_with_its_arguments() -> None:
    handlers = {name: method for name, method in vars(Handlers).items() if not name.startswith("_")}
    assert set(handlers) == {request.verb for request in REQUESTS.values()}
    for request in REQUESTS.values():
        wanted = [a.name for a in request.arguments if a.name not in ("id", "reply_port")]
        assert list(inspect.signature(handlers[request.verb]).parameters) == ["self", "asker", *wanted]


def test_a_call_reaches_the_door_with_typed_arguments() -> None:
    fake_daemon = FakeDaemon()
    ask(fake_daemon, *RELABEL)
    assert fake_daemon.core.asked == [("relabel", {"job": "j1", "changes_json": {"clusters": {"3": "snare"}}})]


def test_every_request_of_the_table_is_answered_as_it_says() -> None:
    values = {"id": "7", "path": "/a.wav", "job": "j1", "cluster": 3, "changes_json": "{}", "name": "csv"}
    for path, request in REQUESTS.items():
        args = [values[a.name] for a in request.arguments if not a.optional]
        assert ask(FakeDaemon(), path, *args)[0].address == request.answer


def test_a_rejection_becomes_a_fail_with_its_code() -> None:
    [answer] = ask(FakeDaemon(), "/sidestick/process", "7", "/a.txt")
    assert answer.address == FAIL
    assert answer.args[:3] == ("7", "/sidestick/process", "not_audio")


def test_the_same_id_gets_the_same_answer_and_nothing_is_done_twice() -> None:
    fake_daemon = FakeDaemon()
    assert ask(fake_daemon, *RELABEL) == ask(fake_daemon, *RELABEL)
    assert fake_daemon.core.verbs() == ["relabel"]


def test_another_client_may_use_the_same_id() -> None:
    fake_daemon = FakeDaemon()
    ask(fake_daemon, *RELABEL)
    ask(fake_daemon, *RELABEL, client="somebody else")
    assert fake_daemon.core.verbs() == ["relabel", "relabel"]


def test_the_id_7_and_the_id_seven_as_text_are_two_ids() -> None:
    fake_daemon = FakeDaemon()
    ask(fake_daemon, "/sidestick/undo", "7", "j1")
    ask(fake_daemon, "/sidestick/undo", 7, "j1")
    assert fake_daemon.core.verbs() == ["undo", "undo"]


def test_an_id_used_again_for_something_else_is_refused() -> None:
    fake_daemon = FakeDaemon()
    ask(fake_daemon, "/sidestick/undo", "7", "j1")
    [answer] = ask(fake_daemon, "/sidestick/undo", "7", "j2")
    assert answer.args[2] == "id_reused"
    assert fake_daemon.core.verbs() == ["undo"]


def test_a_rejected_request_may_be_tried_again_with_its_id() -> None:
    fake_daemon = FakeDaemon()
    ask(fake_daemon, "/sidestick/process", "7", "/a.txt")
    ask(fake_daemon, "/sidestick/process", "7", "/a.txt")
    assert fake_daemon.core.verbs() == ["process", "process"]


@pytest.mark.parametrize("verb", ["panic", "stop", "status"])
def test_silence_and_questions_are_never_answered_from_memory(verb: str) -> None:
    fake_daemon = FakeDaemon()
    ask(fake_daemon, f"/sidestick/{verb}", "7")
    ask(fake_daemon, f"/sidestick/{verb}", "7")
    assert fake_daemon.core.verbs() == [verb, verb]


def test_an_answer_is_forgotten_after_a_while() -> None:
    fake_daemon = FakeDaemon()
    ask(fake_daemon, *RELABEL)
    fake_daemon.time.now += REPLY_LIFETIME
    ask(fake_daemon, *RELABEL)
    assert fake_daemon.core.verbs() == ["relabel", "relabel"]


def test_the_memory_of_answers_is_bounded() -> None:
    fake_daemon = FakeDaemon()
    for number in range(MOST_REPLIES + 1):
        ask(fake_daemon, "/sidestick/undo", number, "j1")
    ask(fake_daemon, "/sidestick/undo", 0, "j1")
    ask(fake_daemon, "/sidestick/undo", MOST_REPLIES, "j1")
    assert len(fake_daemon.core.asked) == MOST_REPLIES + 2


def test_a_job_that_is_done_already_tells_so_behind_the_ack() -> None:
    fake_daemon = FakeDaemon()
    fake_daemon.notifier.handle_event(Done(JOB, 1, "/m.json", "/a.mid"))
    answers = ask(fake_daemon, "/sidestick/process", "7", "/a.wav")
    assert [m.address for m in answers] == ["/sidestick/ack", "/sidestick/done"]


def test_a_repeated_request_hears_where_its_job_is_now() -> None:
    fake_daemon = FakeDaemon()
    ask(fake_daemon, "/sidestick/process", "7", "/a.wav")
    fake_daemon.notifier.handle_event(Progress(JOB, "hits", 0.75, doing="Finding the hits"))
    assert ask(fake_daemon, "/sidestick/process", "7", "/a.wav")[1].args == (JOB, "hits", 0.75, -1, "Finding the hits")


def test_a_subscriber_hears_the_state_and_then_each_job_at_once() -> None:
    fake_daemon = FakeDaemon()
    fake_daemon.notifier.handle_event(Progress("a", "hits", 0.5))
    fake_daemon.notifier.handle_event(Done("b", 1, "/m", "/b.mid"))
    answers = ask(fake_daemon, "/sidestick/subscribe", "7", 0, 60)
    assert [m.address for m in answers] == ["/sidestick/status.reply", "/sidestick/progress"]
