"""The review page in Chromium: its first paint, how smoothly 5000 hits scroll, and how soon a slider is answered."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from daemon.jobs.job import State
from daemon.jobs.store import FILE, JobStore
from daemon.outlets.manifest_tables import HitTable
from daemon.pipeline.drums.clusters import clusters
from tests import synth
from tests.benchmarks.relabel import manifest
from tests.benchmarks.tables import Setting, Table, business, number
from tests.jobs.sample_jobs import job
from tests.web.conftest import FLAGS, chromium
from tests.web.server import PageServer

HITS, TURNS, PAINTS = 5000, 12, 5
FRAMES = 240

# Frames while each one moves the timeline on, or none does: milliseconds from one to the next.
SCROLL = """([frames, moving]) => new Promise((done) => {
  const timeline = document.querySelector('#timeline');
  const times = [];
  const frame = (now) => {
    times.push(now);
    if (moving) timeline.dispatchEvent(new WheelEvent('wheel', {deltaX: 24, cancelable: true}));
    const zoom = {deltaY: 60, ctrlKey: true, cancelable: true};
    if (moving && times.length % 40 === 0) timeline.dispatchEvent(new WheelEvent('wheel', zoom));
    if (times.length <= frames) requestAnimationFrame(frame);
    else done(times.slice(1).map((time, i) => time - times[i]));
  };
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
    yield Table("web", ("the page, a song with 5000 hits", "measured", "goal"), rows, business())


def _rows(server: PageServer, page: Any) -> Iterator[tuple[str, ...]]:
    large = _large(server)
    paints, songs_seen = zip(*(_opened(server, page, large) for _ in range(PAINTS)), strict=True)
    yield "first useful paint", f"{number(median(paints), 0)} ms", "< 1000"
    yield "the song with its lanes is drawn", f"{number(median(songs_seen), 0)} ms", ""
    still, moving = (median(page.evaluate(SCROLL, [FRAMES, moves])) for moves in (False, True))
    yield "a frame while scrolling and zooming, median", f"{number(moving, 1)} ms", "16.7"
    yield "the same as a ratio to a page at rest", number(moving / still, 2), "1"
    page.evaluate(SLIDE, 0.3)
    before = _worked(server, page)
    slides = [page.evaluate(SLIDE, 0.35 + 0.05 * (turn % 5)) for turn in range(TURNS)]
    work = 1000 * (_worked(server, page) - before) / TURNS
    yield "a slider's turn to the new .mid and lanes, median", f"{number(median(slides), 0)} ms", "< 150"
    yield "work in it; the rest waits for a core, the disk and two frames", f"{number(work, 0)} ms", ""


def _worked(server: PageServer, page: Any) -> float:
    """Seconds of a core that the daemon and the page have used."""
    assert server.home.process is not None
    daemon = psutil.Process(server.home.process.pid).cpu_times()
    told = page.context.new_cdp_session(page)
    told.send("Performance.enable", {"timeDomain": "threadTicks"})
    found = {each["name"]: each["value"] for each in told.send("Performance.getMetrics")["metrics"]}
    told.detach()
    return daemon.user + daemon.system + found["TaskDuration"]


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
    heard = whole.model_copy(update={"hits": HitTable.of(hits), "clusters": clusters(hits, whole.thresholds)})
    path = song.with_suffix(".sidestick.json")
    heard.save(path)
    listed = JobStore(server.home.state / FILE)
    begun = listed.move(listed.add(job(str(song))), State.RUNNING)
    done = listed.move(begun, State.DONE, manifest=str(path))
    listed.close()
    return str(done.id)
