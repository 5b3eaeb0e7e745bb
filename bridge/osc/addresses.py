"""The OSC contract as one table: server, spool, `sidestick send` and docs/reference.md are all made from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "/sidestick/"
PROTOCOL = 1
DEFAULT_PORT = 9331
FAIL = "/sidestick/fail"
REMARK = "/sidestick/remark"


class ArgumentKind(StrEnum):
    """What an argument may be. ID is a string or an int and comes back exactly as it was sent."""

    ID = "id"
    JOB = "job"
    TEXT = "text"
    PATH = "path"
    JSON = "json"
    INT = "int"
    FLOAT = "float"


class Lane(StrEnum):
    """Requests of a lane are handled in order; a slow one delays no other lane, and no flood of others delays panic."""

    SILENCE = "silence"
    PROMPT = "prompt"
    ADMISSION = "admission"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Argument:
    """`low` and `high` bound a number, both included. Left out, an optional one takes `default`."""

    name: str
    kind: ArgumentKind
    optional: bool = False
    default: int | float | str = ""
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        return f"[{self.name}]" if self.optional else self.name


@dataclass(frozen=True, slots=True)
class Reply:
    """A message that sidestick sends: an answer, or an event."""

    path: str
    doc: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A message that sidestick understands.

    `answer` comes at once; `then` are the events that the requester gets afterwards, up to one of `ends`.
    With `once` it changes something, so a repeated id gets the first answer again instead of a second change.
    """

    path: str
    doc: str
    arguments: tuple[Argument, ...]
    answer: str
    then: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    lane: Lane = Lane.PROMPT
    once: bool = False

    @property
    def verb(self) -> str:
        return self.path.removeprefix(PREFIX)


ID = Argument("id", ArgumentKind.ID)
JOB = Argument("job", ArgumentKind.JOB)
REPLY_PORT = Argument("reply_port", ArgumentKind.INT, optional=True, default=0, low=0, high=65535)
OPTIONS = Argument("options_json", ArgumentKind.JSON, optional=True)
CHANGES = Argument("changes_json", ArgumentKind.JSON)
TTL = Argument("ttl_seconds", ArgumentKind.INT, optional=True, default=60, low=1, high=3600)
LIMIT = Argument("limit", ArgumentKind.INT, optional=True, default=50, low=1, high=1000)
SECONDS = Argument("seconds", ArgumentKind.FLOAT, optional=True, default=-1, low=-1, high=86400)
CLUSTER = Argument("cluster", ArgumentKind.INT, low=0)
_JOB_EVENTS = ("/sidestick/queued", "/sidestick/progress", "/sidestick/midi", REMARK, "/sidestick/done", FAIL)


def _text(name: str, optional: bool = False) -> Argument:
    return Argument(name, ArgumentKind.TEXT, optional)


def _path(name: str, optional: bool = False) -> Argument:
    return Argument(name, ArgumentKind.PATH, optional)


def _int(name: str, optional: bool = False) -> Argument:
    return Argument(name, ArgumentKind.INT, optional)


REPLIES: dict[str, Reply] = {
    reply.path: reply
    for reply in (
        Reply("/sidestick/pong", "sidestick is there.",
              (ID, _text("name"), _text("version"), _int("protocol"), _int("pid"))),
        Reply("/sidestick/status.reply", "Jobs running and waiting, what computes, and the MIDI port's name.",
              (ID, _int("running"), _int("queued"), _text("device"), _text("midi_port"))),
        Reply("/sidestick/ack", "Taken; this is the job.", (ID, JOB)),
        Reply("/sidestick/done", "Finished. A path too long for the wire is left empty.",
              (ID, Argument("job", ArgumentKind.JOB, optional=True), _int("revision", True), _path("manifest", True),
               _path("midi", True))),
        Reply(FAIL, "Refused or failed: a code for programs, a sentence for people.",
              (ID, _text("address"), _text("code"), _text("text"), Argument("job", ArgumentKind.JOB, optional=True))),
        Reply("/sidestick/pushed", "The notes have been handed to the MIDI port.", (ID, JOB, _int("notes"))),
        Reply("/sidestick/tapped", "The tap was counted; bpm is 0 until there are two. The new revision has this beat.",
              (ID, JOB, _int("taps"), Argument("bpm", ArgumentKind.FLOAT, low=0), _int("revision"))),
        Reply("/sidestick/jobs.reply", "A file with the list of jobs.", (ID, _path("path_to_json"))),
        Reply("/sidestick/clusters.reply", "A file with the clusters and their hits.",
              (ID, JOB, _path("path_to_json"))),
        Reply("/sidestick/notes.reply", "A file with the tracks that a DAW plays (names, notes, bends, controllers) "
              "and every hit and note by its id.", (ID, JOB, _path("path_to_json"))),
        Reply("/sidestick/exports.reply", "A file with all exports: name, ending, caption, and why this song has none.",
              (ID, JOB, _path("path_to_json"))),
        Reply("/sidestick/exported", "The export lies here.", (ID, JOB, _path("path"))),
        Reply("/sidestick/queued", "Event: a job waits.", (JOB, _path("path"))),
        Reply("/sidestick/progress", "Event: how far a job is, and in words what it does: in the stage fetch how "
              "much of a network is here. eta_seconds is -1 while unknown.",
              (JOB, _text("stage"), Argument("fraction", ArgumentKind.FLOAT, low=0, high=1), _int("eta_seconds"),
               _text("text"))),
        Reply("/sidestick/midi", "Event: a .mid was written.", (JOB, _path("path"))),
        Reply(REMARK, "Event: what there is to know about a song that was done all the same.",
              (JOB, _text("code"), _text("text"))),
    )
}  # fmt: skip


def _edit_request(verb: str, doc: str, *arguments: Argument) -> Request:
    bound = (ID, JOB, *arguments, REPLY_PORT)
    return Request(PREFIX + verb, doc, bound, "/sidestick/done", lane=Lane.EDIT, once=True)


REQUESTS: dict[str, Request] = {
    request.path: request
    for request in (
        Request("/sidestick/ping", "Is sidestick there?", (ID, REPLY_PORT), "/sidestick/pong"),
        Request("/sidestick/status", "What is sidestick doing?", (ID, REPLY_PORT), "/sidestick/status.reply"),
        Request("/sidestick/process", "Transcribe a file; the path is absolute.",
                (ID, Argument("path", ArgumentKind.PATH), OPTIONS, REPLY_PORT), "/sidestick/ack",
                then=_JOB_EVENTS, ends=("/sidestick/done", FAIL), lane=Lane.ADMISSION, once=True),
        _edit_request("relabel", "Change labels, delete, add or scale hits; the MIDI follows at once.", CHANGES),
        _edit_request("undo", "Take the last change back."),
        _edit_request("redo", "Make the change again that was taken back."),
        _edit_request("regenerate", "Write the MIDI anew: grid, tempo, drum map, velocity, sensitivity, parts.",
                      OPTIONS),
        Request("/sidestick/tap", "Tap the beat; four even taps set it. seconds is where in the song, -1 if not known.",
                (ID, JOB, SECONDS, REPLY_PORT), "/sidestick/tapped", lane=Lane.EDIT, once=True),
        Request("/sidestick/push", "Play a job's notes on the MIDI port: when (now, transport), loop, channel.",
                (ID, JOB, OPTIONS, REPLY_PORT), "/sidestick/ack",
                then=("/sidestick/pushed", FAIL), ends=("/sidestick/pushed", FAIL), lane=Lane.EDIT, once=True),
        Request("/sidestick/stop", "Stop what plays; no note is left sounding.", (ID, REPLY_PORT), "/sidestick/done",
                lane=Lane.SILENCE),
        Request("/sidestick/panic", "Silence on every channel, whatever plays.", (ID, REPLY_PORT), "/sidestick/done",
                lane=Lane.SILENCE),
        Request("/sidestick/cancel", "Stop a job.", (ID, JOB, REPLY_PORT), "/sidestick/done", once=True),
        Request("/sidestick/jobs", "List the latest jobs.", (ID, LIMIT, REPLY_PORT), "/sidestick/jobs.reply",
                lane=Lane.EDIT),
        Request("/sidestick/clusters", "List what sounds alike in a job.", (ID, JOB, REPLY_PORT),
                "/sidestick/clusters.reply", lane=Lane.EDIT),
        Request("/sidestick/notes", "List the tracks of a job, all its hits and notes, corrections included.",
                (ID, JOB, REPLY_PORT), "/sidestick/notes.reply", lane=Lane.EDIT),
        Request("/sidestick/exports", "List what a job can be exported as, and what this song has none of.",
                (ID, JOB, REPLY_PORT), "/sidestick/exports.reply", lane=Lane.EDIT),
        Request("/sidestick/export", "Write an export beside the song; corrections write it again.",
                (ID, JOB, _text("name"), REPLY_PORT), "/sidestick/exported", lane=Lane.EDIT, once=True),
        _edit_request("audition", "Play one cluster's notes on the MIDI port.", CLUSTER),
        Request("/sidestick/subscribe", "Hear all events for ttl_seconds; send it again to hear more.",
                (ID, REPLY_PORT, TTL), "/sidestick/status.reply", then=_JOB_EVENTS),
        Request("/sidestick/unsubscribe", "Hear no more events.", (ID, REPLY_PORT, TTL), "/sidestick/done"),
    )
}  # fmt: skip

WIRE_CODES: dict[str, str] = {
    "unknown_address": "there is no such request; the text names the nearest one",
    "missing_argument": "the text names the argument that is missing",
    "too_many_arguments": "the text lists the arguments that the request takes",
    "bad_argument": "an argument has the wrong type or is out of range",
    "bad_json": "an argument is not a JSON object",
    "id_reused": "the id was used before for the same request with other arguments",
    "busy": "too many requests wait, or too many were refused; send the same one again in a moment",
    "bad_request": "the spool file is not a request",
    "stale": "the request lay in the spool for too long",
}


def nearest_request(path: str) -> str | None:
    """The request whose address looks most like `path`."""
    from difflib import get_close_matches

    wanted = path if path.startswith(PREFIX) else PREFIX + path.strip("/")
    found = get_close_matches(wanted.lower(), REQUESTS, n=1, cutoff=0.7)
    return found[0] if found else None


def markdown() -> str:
    """The section on OSC of docs/reference.md: requests, answers and events, error codes."""
    requests = [(_code(r.path, r.arguments), _answers(r), r.doc) for r in REQUESTS.values()]
    replies = [(_code(r.path, r.arguments), r.doc) for r in REPLIES.values()]
    codes = [(f"`{code}`", meaning) for code, meaning in WIRE_CODES.items()]
    return "\n\n".join([
        _table(("request", "answer", "what it does"), requests),
        _table(("sidestick sends", "what it says"), replies),
        _table(("code", "meaning"), codes),
    ])  # fmt: skip


def _code(path: str, arguments: Iterable[Argument]) -> str:
    return f"`{' '.join([path, *map(str, arguments)])}`"


def _answers(request: Request) -> str:
    later = ", ".join(f"`{path}`" for path in request.then)
    return f"`{request.answer}`" + (f", then {later}" if later else "")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
