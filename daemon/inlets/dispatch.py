"""OSC and spool requests: `Handlers` has the handler of each verb, `Dispatcher` calls it.

The verbs, their arguments and their answers are those of the table in bridge/osc/addresses.py: a new command is a row
there and a method here.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.osc.calls import Call, CallError, fail, refusal, reply
from bridge.osc.wire import Message
from daemon.core import Core, Edited
from daemon.errors import Rejected, WorkFailed
from daemon.jobs.job import State
from daemon.jobs.listings import Listings, Row, cluster_rows, export_rows, job_rows, note_rows, track_rows
from daemon.outlets.note_files import played_tracks
from daemon.outlets.notify import Notifier, Requester

MOST_REPLIES = 4096
REPLY_LIFETIME = 600.0  # seconds; clients retry within a few

Json = dict[str, Any]

_log = logging.getLogger("sidestick.requests")


class Handlers:
    """One method for each verb of the table, with its arguments by name; each returns the answer or raises Rejected.

    What follows the answer at once, as the state of things for a subscriber, stands behind it in a list. Called from
    several threads at once: one per lane of the OSC server, and the spool's.
    """

    def __init__(self, core: Core, notifier: Notifier, listings: Listings) -> None:
        self._core, self._notifier, self._listings = core, notifier, listings

    def ping(self, asker: Requester) -> Message:
        about = self._core.about()
        who = {"name": about.name, "version": about.version}
        return reply("/sidestick/pong", id=asker.id, **who, protocol=about.protocol, pid=about.pid)

    def status(self, asker: Requester) -> Message:
        now = self._core.status()
        work = {"running": now.jobs[State.RUNNING], "queued": now.jobs[State.QUEUED]}
        return reply("/sidestick/status.reply", id=asker.id, **work, device=now.device, midi_port=now.midi_port)

    def process(self, asker: Requester, path: str, options_json: Json) -> Message:
        return reply("/sidestick/ack", id=asker.id, job=self._core.process(path, options_json).id)

    def relabel(self, asker: Requester, job: str, changes_json: Json) -> Message:
        return _edit_reply(asker, job, self._core.relabel(job, changes_json))

    def undo(self, asker: Requester, job: str) -> Message:
        return _edit_reply(asker, job, self._core.undo(job))

    def redo(self, asker: Requester, job: str) -> Message:
        return _edit_reply(asker, job, self._core.redo(job))

    def regenerate(self, asker: Requester, job: str, options_json: Json) -> Message:
        return _edit_reply(asker, job, self._core.regenerate(job, options_json))

    def tap(self, asker: Requester, job: str, seconds: float) -> Message:
        made = self._core.tap(job, None if seconds < 0 else seconds)
        return reply("/sidestick/tapped", id=asker.id, job=job, taps=made.taps, bpm=made.bpm, revision=made.revision)

    def push(self, asker: Requester, job: str, options_json: Json) -> Message:
        self._core.push(job, options_json)
        return reply("/sidestick/ack", id=asker.id, job=job)

    def stop(self, asker: Requester) -> Message:
        self._core.stop()
        return reply("/sidestick/done", id=asker.id)

    def panic(self, asker: Requester) -> Message:
        self._core.panic()
        return reply("/sidestick/done", id=asker.id)

    def cancel(self, asker: Requester, job: str) -> Message:
        self._core.cancel(job)
        return reply("/sidestick/done", id=asker.id, job=job)

    def jobs(self, asker: Requester, limit: int) -> Message:
        path = self._write_listing(asker, "jobs", job_rows(self._core.jobs(limit)))
        return reply("/sidestick/jobs.reply", id=asker.id, path_to_json=path)

    def clusters(self, asker: Requester, job: str) -> Message:
        rows = cluster_rows(self._core.score(job), self._core.drum_maps)
        return reply(
            "/sidestick/clusters.reply", id=asker.id, job=job, path_to_json=self._write_listing(asker, "clusters", rows)
        )

    def notes(self, asker: Requester, job: str) -> Message:
        score = self._core.score(job)
        drum_map = self._core.drum_map(score)
        content = {
            "tracks": track_rows(played_tracks(score, drum_map), score.padding),
            "notes": note_rows(score, drum_map),
        }
        path = self._write_listing(asker, "notes", content)
        return reply("/sidestick/notes.reply", id=asker.id, job=job, path_to_json=path)

    def exports(self, asker: Requester, job: str) -> Message:
        path = self._write_listing(asker, "exports", export_rows(self._core.score(job)))
        return reply("/sidestick/exports.reply", id=asker.id, job=job, path_to_json=path)

    def export(self, asker: Requester, job: str, name: str) -> Message:
        return reply("/sidestick/exported", id=asker.id, job=job, path=str(self._core.export(job, name)))

    def audition(self, asker: Requester, job: str, cluster: int) -> Message:
        self._core.audition(job, cluster)
        return reply("/sidestick/done", id=asker.id, job=job)

    def subscribe(self, asker: Requester, ttl_seconds: int) -> list[Message]:
        return [self.status(asker), *self._notifier.subscribe(asker, ttl_seconds)]

    def unsubscribe(self, asker: Requester, ttl_seconds: int) -> Message:  # noqa: ARG002
        """A lease is given back with the arguments that it was taken with."""
        self._notifier.unsubscribe(asker)
        return reply("/sidestick/done", id=asker.id)

    def _write_listing(self, asker: Requester, kind: str, content: Sequence[Row] | Mapping[str, Sequence[Row]]) -> str:
        return str(self._listings.write(kind, f"{asker.client} {asker.id!r}", content))


def _edit_reply(asker: Requester, job: str, made: Edited) -> Message:
    files = {"manifest": str(made.manifest), "midi": str(made.midi or "")}
    return reply("/sidestick/done", id=asker.id, job=job, revision=made.revision, **files)


class Dispatcher:
    """Calls the handler of each request: refusals in words, repeated ids once, the events that the table promises."""

    def __init__(self, handlers: Handlers, notifier: Notifier, clock: Callable[[], float]) -> None:
        self._handlers = handlers
        self._notifier = notifier
        self._reply_cache = ReplyCache(clock)

    def handle(self, call: Call, asker: Requester) -> list[Message]:
        """The answer, and behind it what is known already of the events that follow.

        A guard: a request that breaks is answered, and the next one is heard.
        """
        try:
            answers = self._reply_cache.recall(asker.client, call) if call.request.once else None
            if answers is None:
                answer = getattr(self._handlers, call.request.verb)(asker, **call.values)
                answers = answer if isinstance(answer, list) else [answer]
                if call.request.once:
                    self._reply_cache.keep(asker.client, call, answers)
            if not call.request.ends:
                return answers
            return [*answers, *self._notifier.follow(asker, str(answers[0].args[1]), call.request)]
        except Rejected as error:
            return [fail(call.id, call.request.path, error.code, error.reason)]
        except WorkFailed as error:
            return [fail(call.id, call.request.path, error.code, error.reason)]
        except CallError as error:
            return [refusal(call.id, call.request.path, error)]
        except Exception as error:  # noqa: BLE001
            _log.exception("%s could not be answered", call.request.path)
            reason = f"sidestick could not do this ({type(error).__name__}: {error}). Please report it."
            return [fail(call.id, call.request.path, "internal", reason)]


_ReplyKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _CachedReply:
    call: Call
    answers: list[Message]
    until: float


class ReplyCache:
    """The latest replies: a request that comes again, as UDP lost its answer, gets that answer and is not done twice.

    By client, id and address. `clock` gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._replies: OrderedDict[_ReplyKey, _CachedReply] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, client: str, call: Call) -> list[Message] | None:
        """The answer that this call got before. Raises CallError if the id was used with other arguments."""
        with self._lock:
            self._forget_old()
            cached = self._replies.get(_key(client, call))
        if cached is None:
            return None
        if cached.call.values != call.values:
            text = f"The id {call.id} was used for another {call.request.path} before. Make a new id each time."
            raise CallError("id_reused", text)
        return cached.answers

    def keep(self, client: str, call: Call, answers: list[Message]) -> None:
        with self._lock:
            self._replies[_key(client, call)] = _CachedReply(call, answers, self._clock() + REPLY_LIFETIME)
            while len(self._replies) > MOST_REPLIES:
                self._replies.popitem(last=False)

    def _forget_old(self) -> None:
        now = self._clock()
        while self._replies and next(iter(self._replies.values())).until <= now:
            self._replies.popitem(last=False)


def _key(client: str, call: Call) -> _ReplyKey:
    return client, repr(call.id), call.request.path
