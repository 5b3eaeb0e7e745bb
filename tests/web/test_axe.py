"""axe finds nothing at all, wherever a visitor gets: every bar, menu, dialog and message, reached by keys alone."""

import base64

import pytest

from tests.web.server import WAIT
from tests.web.test_looks import SIZES

SEEN = {"light": "desktop", "dark": "phone"}
# What the page is told while a song is separated: four stems half done, and a network whose layer works.
INSIDE = """async (levels) => {
  const {Inside} = await import('/static/js/inside.js');
  const parts = ['drums', 'bass', 'vocals', 'other'];
  const state = {
    step: 'separate', network: 'htdemucs', layers: ['encoder.0', 'tencoder.0', 'layers.0', 'layers_t.0', 'decoder.0'],
    working: [{start: 0, end: 7.8, layer: 'layers.0'}], finished: 2, count: 5,
    separation: {parts, bands: 2, columns: 8, first: 0, levels},
  };
  new Inside({network: async () => state}).open({id: 'job', state: 'running'});
  document.querySelector('#progress').hidden = false;
}"""


def violations(page) -> list[str]:
    """Of every severity, and whether something is wider than the screen."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page).response["violations"]
    wide = page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    return [f"{rule['id']} {node['target']}" for rule in found for node in rule["nodes"]] + ["too wide"] * wide


@pytest.fixture(params=SEEN.items(), ids="-".join)
def enter(visit, request):
    scheme, size = request.param
    width, height = SIZES[size]
    return lambda job="": visit(job, color_scheme=scheme, viewport={"width": width, "height": height})


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@pytest.fixture(scope="module")
def bass(server) -> str:
    return server.walk("axe")


def test_where_notes_are_mended(enter, bass):
    page = enter(bass)
    page.focus("#timeline")
    press(page, "ArrowDown", ".", ">")
    page.wait_for_selector("#selection:not([hidden])")
    assert violations(page) == []


def test_where_hits_are_named_and_the_beat_is_mended(enter, looked_at):
    page = enter(looked_at)
    press(page, "w")
    page.wait_for_selector("#doubts:not([hidden])")
    found = violations(page)
    press(page, "Escape")
    page.focus("#timeline")
    press(page, "Shift+F10")
    page.wait_for_selector("[role=menu] :focus")
    found += violations(page)
    press(page, "Escape", ".", "r")
    page.wait_for_selector("#labels[open]")
    assert found + violations(page) == []


def test_where_songs_are_sent_set_up_and_taken_off(enter, looked_at):
    page = enter()
    page.wait_for_selector(f"#job-list [data-key='{looked_at}']", state="attached")
    if not page.is_visible("#job-list"):
        page.focus("#songs-toggle")
        press(page, "Enter")
    for summary in ("#from-web > summary", ".upload-options:has(#upload-options) > summary"):
        page.focus(summary)
        press(page, "Enter")
    page.focus("#from-web input")
    page.keyboard.type("http://127.0.0.1/song")
    press(page, "Enter")
    page.wait_for_selector(".notice.error")
    found = violations(page)
    page.focus(f"#job-list [data-key='{looked_at}'] .remove")
    press(page, "Enter")
    page.wait_for_selector("#forget[open]")
    found += violations(page)
    press(page, "Escape")
    page.focus("#settings-open")
    press(page, "Enter")
    page.wait_for_selector("#networks li")
    assert found + violations(page) == []


def test_where_the_network_is_seen_at_work(enter):
    page = enter()
    page.evaluate(INSIDE, base64.b64encode(bytes(range(64))).decode())
    page.evaluate("() => { document.querySelector('#song').hidden = false; }")
    page.wait_for_selector("#growing-stems li >> nth=3", timeout=WAIT)
    found = [each for each in violations(page) if "song-name" not in each]  # no song is open
    assert found == []


def test_where_there_is_nothing_and_where_a_visitor_is_new(browser, new_server):
    for scheme, size in SEEN.items():
        width, height = SIZES[size]
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": height})
        page.goto(new_server.url)
        page.wait_for_selector("#first-visit")
        found = violations(page)
        page.goto(f"{new_server.url}nowhere")
        assert found + violations(page) == []
        page.close()
