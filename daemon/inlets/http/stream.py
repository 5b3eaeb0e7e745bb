"""The feed over the wire: server-sent events that can be resumed, and a WebSocket for who wants to answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from daemon.errors import Rejected
from daemon.inlets.http import job_view as listing
from daemon.inlets.http.context import Front, Here, front_of
from daemon.inlets.http.errors import may
from daemon.inlets.http.event_log import about, wire

ALIVE = 15.0  # seconds between signs of life
SHOWN = 50  # jobs in the first event
MOST = 1000  # listeners at once

_SIGN = b": sidestick is there\n\n"
_EVENTS: dict[str, Any] = {
    "content": {
        "text/event-stream": {
            "schema": {"type": "string"},
            "example": 'id: 1790000000000001\nevent: progress\ndata: {"job":"a1b2c3","stage":"separate",'
            '"fraction":0.42,"eta":21.0}\n\n',
        }
    },
    "description": "Events as they come: state, queued, progress, midi, done, failed, pushed, revision, log, deleted.",
}

router = APIRouter(tags=["events"])
LastSeen = Annotated[str | None, Header(description="The number of the last event that was heard.")]


class Events(StreamingResponse):
    media_type = "text/event-stream"


@router.get("/api/events", summary="Hear of everything", response_class=Events, responses={200: _EVENTS, **may(429)})
async def events(here: Here, last_event_id: LastSeen = None) -> Events:
    """Server-sent events. The first one, `state`, tells where the latest jobs stand."""
    return _response(here, None, last_event_id)


@router.get(
    "/api/jobs/{job}/events", summary="Hear of one job", response_class=Events,
    responses={200: _EVENTS, **may(404, 429)},
)  # fmt: skip
async def events_of(job: str, here: Here, last_event_id: LastSeen = None) -> Events:
    """The same for one job."""
    await run_in_threadpool(here.staff.store.get, job)
    return _response(here, job, last_event_id)


@router.websocket("/api/ws")
async def socket(line: WebSocket) -> None:
    """Send {"subscribe": job or "all"} or {"cancel": job}; events come as {"id", "event", "data"}."""
    here = front_of(line)
    await line.accept()
    talk = _Talk(line, here)
    hearing = asyncio.create_task(talk.hear())
    try:
        await talk.tell()
    finally:
        hearing.cancel()


def _response(here: Front, job: str | None, last_seen: str | None) -> Events:
    if here.feed.listeners >= MOST:
        raise Rejected("busy", f"{MOST} pages listen already. Close some of them.")
    seen = int(last_seen) if last_seen and last_seen.isascii() and last_seen.isdecimal() and len(last_seen) < 20 else -1
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Events(_sent(here, job, seen), headers=headers)


async def _sent(here: Front, job: str | None, number: int) -> AsyncIterator[bytes]:
    feed = here.feed
    feed.listeners += 1
    try:
        while not feed.closed:
            bell, news = feed.bell, feed.since(number)
            if news is None:
                number = feed.last
                yield wire("state", await run_in_threadpool(_state, here, job), number)
            elif news:
                number = news[-1].id
                if mine := about(news, job):
                    yield b"".join(each.wire for each in mine)
            elif not await _rung(bell):
                yield _SIGN
    finally:
        feed.listeners -= 1


async def _rung(bell: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(bell.wait(), ALIVE)
        return True
    except TimeoutError:
        return False


def _state(here: Front, job: str | None) -> dict[str, Any]:
    jobs = here.staff.store.page(SHOWN) if job is None else [here.staff.store.get(job)]
    return {"jobs": [shown.model_dump(mode="json") for shown in listing.shown(here, jobs)]}


class _Talk:
    """One WebSocket: what it asks for, and what it hears."""

    def __init__(self, line: WebSocket, here: Front) -> None:
        self._line, self._here, self._feed = line, here, here.feed
        self._wanted: set[str | None] = set()
        self._fresh = asyncio.Event()
        self._number = -1

    async def tell(self) -> None:
        """Until the other side is gone."""
        while not self._feed.closed:
            try:
                asked = json.loads(await self._line.receive_text())
            except WebSocketDisconnect:
                return
            except (ValueError, RecursionError, KeyError):
                asked = None
            await self._answer(asked)

    async def hear(self) -> None:
        await self._fresh.wait()
        while not self._feed.closed:
            bell, news = self._feed.bell, self._feed.since(self._number)
            if news is None:
                await self._state()
            elif not news:
                await bell.wait()
            else:
                self._number = news[-1].id
                for each in news:
                    if None in self._wanted or each.job in self._wanted:
                        await self._say(each.id, each.event, each.data)

    async def _answer(self, asked: Any) -> None:
        try:
            match asked:
                case {"subscribe": "all"}:
                    await self._subscribe(None)
                case {"subscribe": str(job)}:
                    await run_in_threadpool(self._here.staff.store.get, job)
                    await self._subscribe(job)
                case {"cancel": str(job)}:
                    await run_in_threadpool(self._here.staff.foreman.cancel, job)
                case _:
                    raise Rejected("bad_request", 'Send {"subscribe": "all"}, {"subscribe": job} or {"cancel": job}.')
        except Rejected as error:
            await self._say(self._feed.last, "error", {"code": error.code, "text": error.reason})

    async def _subscribe(self, job: str | None) -> None:
        self._wanted.add(job)
        await self._state()
        self._fresh.set()

    async def _state(self) -> None:
        self._number = self._feed.last
        jobs = None if None in self._wanted else next(iter(self._wanted), None)
        await self._say(self._number, "state", await run_in_threadpool(_state, self._here, jobs))

    async def _say(self, number: int, event: str, data: Any) -> None:
        await self._line.send_text(json.dumps({"id": number, "event": event, "data": data}, separators=(",", ":")))
