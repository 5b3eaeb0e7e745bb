"""The review page in Chromium: its first paint, how smoothly 5000 hits and 3000 notes move, how soon it answers."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from bridge.timebase import Seconds
from daemon.jobs.job import State
from daemon.jobs.store import FILE, JobStore
from daemon.outlets.manifest_tables import HitTable, NoteTable
from daemon.pipeline.drums.clusters import clusters
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.records import Part
from tests import synth
from tests.benchmarks.relabel import manifest
from tests.benchmarks.tables import Setting, Table, business, number
from tests.jobs.sample_jobs import job
from tests.web.conftest import FLAGS, chromium
from tests.web.server import PageServer

HITS, TURNS, PAINTS = 5000, 12, 5
NOTES = {Part.BASS: 40, Part.VOCALS: 60, Part.OTHER: 64}  # a thousand of each, about this pitch
FRAMES = 240

# Frames while each one moves the timeline on, or zooms a little, or none does: milliseconds from one to the next.
SCROLL = """([frames, how]) => new Promise((done) => {
  const timeline = document.querySelector('#timeline');
  const times = [];
  const frame = (now) => {
    times.push(now);
    const wheel = (turn) => timeline.dispatchEvent(new WheelEvent('wheel', {...turn, cancelable: true}));
    if (how === 'scroll') wheel({deltaX: 24});
    if (how === 'scroll' && times.length % 40 === 0) wheel({deltaY: 60, ctrlKey: true});
    if (how === 'zoom') wheel({deltaY: times.length % 40 < 20 ? -8 : 8});
    if (times.length <= frames) requestAnimationFrame(frame);
    else done(times.slice(1).map((time, i) => time - times[i]));
  };
  requestAnimationFrame(frame);
})"""
# The same while all that is selected in a lane is dragged to and fro, and let go where it was.
DRAG = """([frames, lane]) => new Promise((done) => {
  const timeline = document.querySelector('#timeline');
  const box = document.querySelector(`#lane-headers li[data-key="${lane}"]`).getBoundingClientRect();
  const left = timeline.getBoundingClientRect().left;
  const send = (type, x, y) => {
    timeline.dispatchEvent(new PointerEvent(type, {clientX: x, clientY: y, pointerId: 1, bubbles: true}));
    return timeline.style.cursor;
  };
  const places = [...Array(9600).keys()].map((i) => [left + 20 + 3 * (i % 300), box.top + 4 + 2 * Math.floor(i / 300)]);
  const [x, y] = places.find((place) => ['move', 'pointer'].includes(send('pointermove', ...place)));
  timeline.setPointerCapture = () => {};
  const times = [];
  const frame = (now) => {
    times.push(now);
    send('pointermove', x + 60 * Math.sin(times.length / 20), y);
    if (times.length <= frames) return requestAnimationFrame(frame);
    send('pointercancel', x, y);
    done(times.slice(1).map((time, i) => time - times[i]));
  };
  send('pointerdown', x, y);
  requestAnimationFrame(frame);
})"""
# Milliseconds from a turn of the slider until the lanes with the new hits have been drawn; the .mid is there by then.
SLIDE = """(value) => new Promise((done) => {
  const slider = document.querySelector('#drum-settings input');
  const facts = document.querySelector('#song-facts');
  const began = performance.now();
  new MutationObserver((_, watch) => {
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
  }).observe(facts, {childList: true, characterData: true, subtree: true});
  slider.dispatchEvent(new Event('pointerdown'));
  slider.value = value;
  slider.dispatchEvent(new Event('input'));
  slider.dispatchEvent(new Event('change'));
})"""
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def tables(setting: Setting) -> Iterator[Table]:
    with _visit() as (server, page):
        rows = tuple(_rows(server, page))
    columns = ("the page, a song with 5000 hits and 3000 notes", "measured", "its work", "goal")
    note = "Work is what the page's thread computes, in a frame of 16.7 ms or until the answer is seen."
    yield Table("web", columns, rows, f"{note} {business()}")


def _rows(server: PageServer, page: Any) -> Iterator[tuple[str, ...]]:
    large = _large(server)
    paints, songs_seen = zip(*(_opened(server, page, large) for _ in range(PAINTS)), strict=True)
    yield "first useful paint", f"{number(median(paints), 0)} ms", "", "< 1000"
    yield "the song with its lanes is drawn", f"{number(median(songs_seen), 0)} ms", "", ""
    meter = page.context.new_cdp_session(page)
    meter.send("Performance.enable", {"timeDomain": "threadTicks"})
    yield _frames(page, meter, "a frame at rest, median", SCROLL, "")
    yield _frames(page, meter, "while scrolling and zooming", SCROLL, "scroll")
    page.keyboard.press("f")
    yield _frames(page, meter, "while the whole song is seen and zoomed", SCROLL, "zoom")
    for lane, what in (("lane kick", "hits"), ("roll bass", "notes")):
        page.keyboard.press("f")
        _select_lane(page, lane)
        yield _frames(page, meter, f"while a thousand {what} are dragged", DRAG, lane)
    page.keyboard.press("Escape")
    page.evaluate(SLIDE, 0.3)
    before = _daemon_worked(server), _page_worked(meter)
    slides = [page.evaluate(SLIDE, 0.35 + 0.05 * (turn % 5)) for turn in range(TURNS)]
    daemon, own = (
        number(1000 * (after - start) / TURNS, 0)
        for after, start in zip((_daemon_worked(server), _page_worked(meter)), before, strict=True)
    )
    slide = f"{number(median(slides), 0)} ms"
    yield "a slider's turn to the new .mid and lanes, median", slide, f"{own} ms, the daemon's {daemon} ms", "< 150"


def _frames(page: Any, meter: Any, what: str, script: str, asked: object) -> tuple[str, ...]:
    before = _page_worked(meter)
    taken = median(page.evaluate(script, [FRAMES, asked]))
    return what, f"{number(taken, 1)} ms", f"{number(1000 * (_page_worked(meter) - before) / FRAMES, 1)} ms", "16.7"


def _select_lane(page: Any, lane: str) -> None:
    """All of a lane, by the keys."""
    page.focus("#timeline")
    while page.get_attribute("#lane-headers li.chosen", "data-key") != lane:
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+a")


def _daemon_worked(server: PageServer) -> float:
    """Seconds of a core that the daemon has used."""
    assert server.home.process is not None
    used = psutil.Process(server.home.process.pid).cpu_times()
    return float(used.user + used.system)


def _page_worked(meter: Any) -> float:
    """Seconds of a core that the page's own thread has used."""
    found = {each["name"]: each["value"] for each in meter.send("Performance.getMetrics")["metrics"]}
    return float(found["TaskDuration"])


def _opened(server: PageServer, page: Any, job_id: str) -> tuple[float, float]:
    page.goto("about:blank")
    page.goto(f"{server.url}#{job_id}")
    page.wait_for_selector("#editor:not([hidden])")
    return page.evaluate(PAINT), page.evaluate("() => performance.now()")


@contextmanager
def _visit() -> Iterator[tuple[PageServer, Any]]:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="sidestick-web-") as folder, sync_playwright() as playwright:
        server = PageServer(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield server, browser.new_page(viewport={"width": 1280, "height": 860})
        finally:
            browser.close()
            server.home.end()


def _large(server: PageServer) -> str:
    """A job that is done, with the notes of the relabel benchmark and a sound of their length."""
    whole = manifest(HITS)
    song = synth.write(server.home.music / "Large.wav", synth.noise(whole.source.duration, rate=8000), rate=8000)
    hits = [replace(hit, strength=0.5 + n % 50 / 100) for n, hit in enumerate(whole.hits.records)]
    notes = {part: NoteTable.of(_notes(part, whole.source.duration)) for part in NOTES}
    options = whole.options.model_copy(update={"parts": (Part.DRUMS, *NOTES)})
    found = {"hits": HitTable.of(hits), "clusters": clusters(hits, whole.thresholds), "notes": notes}
    heard = whole.model_copy(update={**found, "options": options})
    path = song.with_suffix(".sidestick.json")
    heard.save(path)
    listed = JobStore(server.home.state / FILE)
    begun = listed.move(listed.add(job(str(song))), State.RUNNING)
    done = listed.move(begun, State.DONE, manifest=str(path))
    listed.close()
    return str(done.id)


def _notes(part: Part, seconds: float, count: int = 1000) -> list[PartNote]:
    """Evenly spread, up and down over an octave."""
    step = seconds / (count + 1)
    pitches = (NOTES[part] + 7 * n % 12 for n in range(count))
    return [
        PartNote(n, pitch, Seconds(round(n * step, 6)), Seconds(round(0.8 * step, 6)), 40 + n % 80, -12.0, 0.8)
        for n, pitch in enumerate(pitches)
    ]
