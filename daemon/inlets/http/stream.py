"""The event log over the wire: server-sent events that can be resumed, and a WebSocket for who wants to answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from daemon.errors import Rejected
from daemon.inlets.http import job_view
from daemon.inlets.http.context import Context, HttpContext, context_of
from daemon.inlets.http.errors import document_errors
from daemon.inlets.http.event_log import encode_event, filter_events

KEEPALIVE = 15.0  # seconds between signs of life
STATE_JOBS = 50  # jobs in the first event
MOST_LISTENERS = 1000  # listeners at once

_KEEPALIVE_COMMENT = b": sidestick is there\n\n"
_EVENTS_RESPONSE: dict[str, Any] = {
    "content": {
        "text/event-stream": {
            "schema": {"type": "string"},
            "example": 'id: 1790000000000001\nevent: progress\ndata: {"job":"a1b2c3","stage":"separate",'
            '"fraction":0.42,"eta":21.0}\n\n',
        }
    },
    "description": "Events as they come: state, queued, progress, midi, remark, done, failed, pushed, revision, log, "
    "deleted.",
}

router = APIRouter(tags=["events"])
LastEventId = Annotated[str | None, Header(description="The number of the last event that was heard.")]


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


@router.get(
    "/api/events",
    summary="Hear of everything",
    response_class=EventStream,
    responses={200: _EVENTS_RESPONSE, **document_errors(429)},
)
async def events(context: Context, last_event_id: LastEventId = None) -> EventStream:
    """Server-sent events. The first one, `state`, tells where the latest jobs stand."""
    return _event_stream(context, None, last_event_id)


@router.get(
    "/api/jobs/{job}/events", summary="Hear of one job", response_class=EventStream,
    responses={200: _EVENTS_RESPONSE, **document_errors(404, 429)},
)  # fmt: skip
async def job_events(job: str, context: Context, last_event_id: LastEventId = None) -> EventStream:
    """The same for one job."""
    await run_in_threadpool(context.core.job, job)
    return _event_stream(context, job, last_event_id)


@router.websocket("/api/ws")
async def socket(websocket: WebSocket) -> None:
    """Send {"subscribe": job or "all"} or {"cancel": job}; events come as {"id", "event", "data"}."""
    context = context_of(websocket)
    await websocket.accept()
    connection = _Connection(websocket, context)
    sender = asyncio.create_task(connection.send_events())
    try:
        await connection.answer_requests()
    finally:
        sender.cancel()


def _event_stream(context: HttpContext, job: str | None, last_event_id: str | None) -> EventStream:
    if context.event_log.listeners >= MOST_LISTENERS:
        raise Rejected("busy", f"{MOST_LISTENERS} pages listen already. Close some of them.")
    seen = (
        int(last_event_id)
        if last_event_id and last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 20
        else -1
    )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(_stream_events(context, job, seen), headers=headers)


async def _stream_events(context: HttpContext, job: str | None, last_id: int) -> AsyncIterator[bytes]:
    event_log = context.event_log
    event_log.listeners += 1
    try:
        while not event_log.closed:
            new_event, logged = event_log.new_event, event_log.events_since(last_id)
            if logged is None:
                last_id = event_log.last_id
                yield encode_event("state", await run_in_threadpool(_state_data, context, job), last_id)
            elif logged:
                last_id = logged[-1].id
                if chosen := filter_events(logged, job):
                    yield b"".join(each.encoded for each in chosen)
            elif not await _wait_for_event(new_event):
                yield _KEEPALIVE_COMMENT
    finally:
        event_log.listeners -= 1


async def _wait_for_event(new_event: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(new_event.wait(), KEEPALIVE)
        return True
    except TimeoutError:
        return False


def _state_data(context: HttpContext, job: str | None) -> dict[str, Any]:
    core = context.core
    jobs = core.jobs(STATE_JOBS) if job is None else core.progress_of([core.job(job)])
    return {"jobs": [view.model_dump(mode="json") for view in job_view.view_jobs(jobs)]}


class _Connection:
    """One WebSocket: its requests and its subscriptions."""

    def __init__(self, websocket: WebSocket, context: HttpContext) -> None:
        self._websocket, self._context, self._event_log = websocket, context, context.event_log
        self._subscriptions: set[str | None] = set()
        self._first_subscription = asyncio.Event()
        self._last_id = -1

    async def answer_requests(self) -> None:
        """Until the other side is gone."""
        while not self._event_log.closed:
            try:
                asked = json.loads(await self._websocket.receive_text())
            except WebSocketDisconnect:
                return
            except (ValueError, RecursionError, KeyError):
                asked = None
            await self._answer(asked)

    async def send_events(self) -> None:
        await self._first_subscription.wait()
        while not self._event_log.closed:
            new_event, logged = self._event_log.new_event, self._event_log.events_since(self._last_id)
            if logged is None:
                await self._send_state()
            elif not logged:
                await new_event.wait()
            else:
                self._last_id = logged[-1].id
                for each in logged:
                    if None in self._subscriptions or each.job in self._subscriptions:
                        await self._send(each.id, each.event, each.data)

    async def _answer(self, asked: Any) -> None:
        try:
            match asked:
                case {"subscribe": "all"}:
                    await self._subscribe(None)
                case {"subscribe": str(job)}:
                    await run_in_threadpool(self._context.core.job, job)
                    await self._subscribe(job)
                case {"cancel": str(job)}:
                    await run_in_threadpool(self._context.core.cancel, job)
                case _:
                    raise Rejected("bad_request", 'Send {"subscribe": "all"}, {"subscribe": job} or {"cancel": job}.')
        except Rejected as error:
            await self._send(self._event_log.last_id, "error", {"code": error.code, "text": error.reason})

    async def _subscribe(self, job: str | None) -> None:
        self._subscriptions.add(job)
        await self._send_state()
        self._first_subscription.set()

    async def _send_state(self) -> None:
        self._last_id = self._event_log.last_id
        jobs = None if None in self._subscriptions else next(iter(self._subscriptions), None)
        await self._send(self._last_id, "state", await run_in_threadpool(_state_data, self._context, jobs))

    async def _send(self, number: int, event: str, data: Any) -> None:
        await self._websocket.send_text(json.dumps({"id": number, "event": event, "data": data}, separators=(",", ":")))
