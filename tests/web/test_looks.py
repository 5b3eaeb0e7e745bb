"""The page for every eye, ear and screen; and that its files are in order."""

import json
import re
import shutil
import subprocess
import urllib.error
from pathlib import Path

import pytest

from tests.web.server import WAIT

WEB = Path(__file__).parents[2] / "daemon" / "web"
MODULES = sorted((WEB / "js").glob("*.js"))
SIZES = {"desktop": (1280, 860), "tablet": (768, 1024), "phone": (390, 844), "small phone": (340, 640)}
SEVERE = ("serious", "critical")


def severe(page) -> list[str]:
    """What axe finds and calls serious."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page).response["violations"]
    places = [
        (rule["id"], node["target"], node["failureSummary"])
        for rule in found
        for node in rule["nodes"]
        if rule["impact"] in SEVERE
    ]
    return [str(place) for place in places]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_axe_finds_nothing_serious_in_an_open_song(visit, server, looked_at, scheme, size):
    width, height = SIZES[size]
    page = visit(looked_at, viewport={"width": width, "height": height}, color_scheme=scheme)
    page.click("#stage-details > summary")
    page.focus("#timeline")
    page.keyboard.press(".")
    assert severe(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_empty_page_and_its_dialogs(visit, scheme):
    page = visit(color_scheme=scheme)
    page.click(".upload-options summary")
    found = severe(page)
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    assert found + severe(page) == []


def test_axe_finds_nothing_serious_in_a_song_without_drums(visit, server):
    assert severe(visit(server.bass("axe"))) == []


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_its_screen(visit, looked_at, size):
    width, height = SIZES[size]
    page = visit(looked_at, viewport={"width": width, "height": height})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_all_lanes_are_seen_at_once_on_a_small_laptop(visit, server):
    job = server.transcribe(server.song("all lanes"), parts=["drums", "bass", "vocals"])
    page = visit(job, viewport={"width": 1280, "height": 800})
    last = page.locator("#lane-headers li").last.bounding_box()
    assert last["y"] + last["height"] <= 800
    play, zoom = page.locator("#play").bounding_box(), page.locator("#zoom-in").bounding_box()
    assert play["y"] < zoom["y"] < play["y"] + play["height"]  # one line of buttons


def test_no_count_is_cut_off_or_overlaps_the_next(visit, looked_at):
    page = visit(looked_at)
    page.evaluate("() => document.querySelectorAll('.dots button').forEach((each) => each.append('12345'))")
    cut = """() => [...document.querySelectorAll('.dots')].flatMap((dots) => {
      const box = dots.getBoundingClientRect();
      const all = [...dots.children].map((each) => each.getBoundingClientRect());
      const seen = all.filter((each) => each.top < box.bottom);
      return seen.filter((each, i) => each.right > box.right + 1 || (i && each.left < seen[i - 1].right));
    })"""
    assert page.evaluate(cut) == []


def test_an_unknown_address_has_a_page_for_people_and_json_for_programs(browser, server):
    page = browser.new_page()
    page.goto(f"{server.url}nowhere")
    assert page.inner_text("h1") == "There is nothing at this address." and severe(page) == []
    page.click("text=Your songs")
    page.wait_for_selector("#drop-zone")
    page.close()
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        server.ask("GET", "nowhere")
    assert json.load(refused.value)["code"] == "not_found"


def test_the_chosen_theme_is_kept(visit):
    page = visit(color_scheme="light")
    page.click("#theme")
    page.reload()
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("() => getComputedStyle(document.body).colorScheme") == "dark"


def test_nothing_is_fetched_from_anywhere_else(visit, server, looked_at):
    page = visit()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}#{looked_at}")
    page.reload()
    page.wait_for_selector("#editor:not([hidden])")
    assert len(asked) > 10 and [url for url in asked if not url.startswith((server.url, "blob:", "data:"))] == []


def test_the_documentation_of_the_api_is_drawn_without_a_network(browser, server):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}docs")
    page.wait_for_selector("text=Transcribe a song", timeout=WAIT)
    page.click("text=Is sidestick there?")
    page.click("button:has-text('Execute')")
    page.wait_for_selector(".live-responses-table >> text=uptime_s", timeout=WAIT)
    page.close()
    assert [url for url in asked if not url.startswith((server.url, "blob:", "data:"))] == []


def test_every_button_and_field_has_a_name(visit, looked_at):
    page = visit(looked_at)
    nameless = """() => [...document.querySelectorAll('button, select, input, canvas[role=img]')]
      .filter((each) => each.checkVisibility())
      .filter((each) => !(each.ariaLabel || each.textContent.trim() || each.labels?.length))
      .map((each) => each.outerHTML)"""
    assert page.evaluate(nameless) == []


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node, which is not installed")
@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_node_can_read_every_module(module, tmp_path):
    copy = shutil.copy(module, tmp_path / f"{module.stem}.mjs")
    said = subprocess.run(["node", "--check", copy], capture_output=True, text=True, check=False)
    assert said.stderr == ""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_modules_are_short_and_import_only_what_they_use(module):
    text = module.read_text("utf-8")
    names = [name.strip() for found in re.findall(r"import \{([^}]*)\}", text) for name in found.split(",")]
    unused = [name for name in names if len(re.findall(rf"\b{re.escape(name.split(' as ')[-1])}\b", text)) < 2]
    assert len(text.splitlines()) <= 350 and unused == []


def test_whoever_is_vendored_is_pinned_and_licensed():
    for folder in (WEB / "vendor").iterdir():
        assert any(name in path.name.upper() for path in folder.iterdir() for name in ("LICENSE", "LICENCE", "OFL"))
