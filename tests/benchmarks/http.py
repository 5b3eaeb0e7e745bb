"""The page's server: what it costs an idle daemon, a huge upload, corrections, and many pages that watch."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

import httpx
import psutil

from tests.benchmarks.running import (
    Row,
    at_rest,
    busy_ns,
    home,
    large,
    only_job,
    p99,
    pong,
    table,
    time_ms,
    until_idle,
)
from tests.benchmarks.tables import Setting, Table, business
from tests.ports import free_port
from tests.wire.daemon_process import PATIENCE, DaemonProcess

UPLOAD = 1_000_000_000  # bytes
LISTENERS, ACKS, CORRECTIONS = 200, 1000, 50
PAUSE = 0.01  # seconds between two requests

_EDGE = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="Huge.wav"\r\n\r\n'
_BLOCK = 1 << 16


@contextmanager
def served() -> Iterator[tuple[DaemonProcess, httpx.Client]]:
    port = free_port()
    with home(daemon__http_port=str(port)) as made, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        client.timeout = httpx.Timeout(10 * PATIENCE)
        yield made, client


def start() -> list[Row]:
    """Seconds from the start of the process to the first pong, and to the page; medians of five."""
    pongs, pages = [], []
    for _ in range(5):
        with served() as (fresh, client):
            began = time.perf_counter()
            fresh.process = fresh.spawn()
            while not pong(fresh):
                time.sleep(0.01)
            pongs.append(time.perf_counter() - began)
            client.get("/")
            pages.append(time.perf_counter() - began)
    return [
        Row("ping answered after the start, with the page on", sorted(pongs)[2], "s", "<= 1"),
        Row("page served after the start", sorted(pages)[2], "s", ""),
    ]


def idle() -> list[Row]:
    """A page was opened, a song done and corrected, and one page still listens."""
    with served() as (running, client), running.start().client() as osc:
        client.get("/"), client.get("/openapi.json"), client.get("/api/options")
        osc.ask("/sidestick/process", str(running.song("Song.wav")), '{"input": "drums"}')
        until_idle(osc)
        name = only_job(running)
        client.put(f"/api/jobs/{name}/clusters", json={"revision": 0, "changes": {"clusters": {"0": "snare"}}})
        client.get(f"/api/jobs/{name}/waveform/mix")
        with client.stream("GET", "/api/events") as events:
            next(events.iter_lines())
            share, size = at_rest(running)
    return [
        Row("memory, idle, page open, after a song and a correction", size, "MB", "<= 130"),
        Row("share of a core, idle", share, "%", "< 0.5"),
    ]


def upload() -> list[Row]:
    """A gigabyte of silence that nobody can use: received whole, refused, and gone from memory and disk."""
    with served() as (running, client):
        running.start()
        client.get("/openapi.json")
        process = psutil.Process(running.process.pid if running.process else None)
        before, peak, over = process.memory_info().rss, [0], threading.Event()
        watch = threading.Thread(target=_watch, args=(process, peak, over))
        watch.start()
        began = time.perf_counter()
        kind = {"Content-Type": "multipart/form-data; boundary=edge"}
        answer = client.post("/api/jobs", content=_huge(), headers=kind)
        seconds = time.perf_counter() - began
        over.set()
        watch.join()
        assert answer.status_code == 400, answer.text
        left = sum(path.stat().st_size for path in (running.folder / "uploads").rglob("*") if path.is_file())
    return [
        Row("upload of 1 GB: memory on top", (peak[0] - before) / 1e6, "MB", "flat"),
        Row("upload of 1 GB", UPLOAD / 1e6 / seconds, "MB/s", ""),
        Row("bytes left of it once it was refused", left, "", "0"),
    ]


def edit() -> list[Row]:
    """From the request to the whole song back, with the .mid on disk: what a slider waits for."""
    with served() as (running, client):
        place = f"/api/jobs/{large(running)}"
        process = running.start().process
        assert process is not None
        times = [time_ms(lambda n=n: _change(client, place, n)) for n in range(CORRECTIONS)]
        before = busy_ns(process.pid)
        slider = [time_ms(lambda n=n: _slide(client, place, CORRECTIONS + n)) for n in range(CORRECTIONS)]
        work = (busy_ns(process.pid) - before) / 1e6 / CORRECTIONS
    return [
        Row("relabel of 5,000 hits, answered with all of them, p99", p99(times[1:]), "ms", "< 150"),
        Row("sensitivity of 5,000 hits, the same, p99", p99(slider), "ms", "< 150"),
        Row("the same, median", sorted(slider)[CORRECTIONS // 2], "ms", ""),
        Row("work in it; the rest waits for a core and the disk", work, "ms", ""),
    ]


def listeners() -> list[Row]:
    """200 pages watch, a separation runs, and a DAW sends requests."""
    with ExitStack() as stack:
        running, client = stack.enter_context(served())
        osc = stack.enter_context(running.start().client())
        heard = [0] * LISTENERS
        for number in range(LISTENERS):
            threading.Thread(target=_listen, args=(str(client.base_url), heard, number), daemon=True).start()
        while f"sidestick_listeners {LISTENERS}" not in client.get("/metrics").text:
            time.sleep(0.2)
        osc.ask("/sidestick/process", str(running.song("Long.wav", seconds=240.0)), '{"separator": "embedded"}')
        next(message for message in osc.events(PATIENCE) if "separate" in message.args)
        before = sum(heard)
        times = list(_time_paced(lambda: osc.ask("/sidestick/status")))
        told = sum(heard) - before
    return [
        Row(f"status, p99 of 1,000, {LISTENERS} listeners, separating", p99(times), "ms", "< 10"),
        Row("the same, median", sorted(times)[ACKS // 2], "ms", ""),
        Row("lines that the listeners heard meanwhile", told, "", "> 0"),
    ]


def _time_paced(what: Callable[[], object]) -> Iterator[float]:
    """Over some seconds, so that progress is told in between."""
    for _ in range(ACKS):
        time.sleep(PAUSE)
        yield time_ms(what)


def _watch(process: psutil.Process, peak: list[int], over: threading.Event) -> None:
    while not over.wait(0.02):
        peak[0] = max(peak[0], process.memory_info().rss)


def _huge() -> Iterator[bytes]:
    yield _EDGE
    block = bytes(_BLOCK)
    for _ in range(UPLOAD // _BLOCK):
        yield block
    yield b"\r\n--edge--\r\n"


def _change(client: httpx.Client, place: str, number: int) -> None:
    label = ("snare", "clap", "cowbell", "ride")[number % 4]
    body = {"revision": number, "changes": {"clusters": {str(number % 3): label}}}
    client.put(f"{place}/clusters", json=body).raise_for_status()


def _slide(client: httpx.Client, place: str, number: int) -> None:
    body = {"revision": number, "options": {"sensitivity": {"snare": (number % 10) / 10}}}
    client.post(f"{place}/regenerate", json=body).raise_for_status()


def _listen(address: str, heard: list[int], number: int) -> None:
    """Until the daemon ends, which breaks the connection off."""
    with suppress(httpx.HTTPError), httpx.stream("GET", f"{address}/api/events", timeout=10 * PATIENCE) as events:
        for _ in events.iter_lines():
            heard[number] += 1


def tables(_: Setting) -> Iterator[Table]:
    made = table("http", "the page's server", (part() for part in (start, idle, upload, edit, listeners)))
    note = f"{business()} The turns of sensitivity come after {CORRECTIONS} relabels, all made again each time."
    yield replace(made, note=note.strip())
