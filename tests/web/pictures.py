"""The pictures of docs/first-hour.md, taken from the page of a real daemon with the song that ships with sidestick.

    python -m tests.web.pictures docs/pictures [--models FOLDER]

The folder has the weights of htdemucs, whose layers are seen at work in one of them.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from tests.ports import free_port
from tests.web.conftest import FLAGS, chromium
from tests.web.server import WAIT, PageServer
from tests.wire.daemon_process import DaemonProcess

DEMO = Path(__file__).parents[2] / "examples" / "war-of-freedom.ogg"
LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
LARGEST = 140_000  # bytes of a picture; a larger one gets 256 colours
SETTLED = 900  # ms until what was asked for is drawn

Page = Any


class NetworkServer(PageServer):
    """A daemon that separates with htdemucs."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.port = free_port()
        places = {"daemon__http_port": str(self.port), "folders__models": str(models)}
        self.home = DaemonProcess(folder, **places, options__separator="htdemucs", daw="reaper")
        self.home.start()


class Camera:
    """Takes pictures in a folder, each under its number and name."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self.browser = browser
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def visit(self, url: str, *, dark: bool = False, phone: bool = False) -> Iterator[Page]:
        context = self.browser.new_context(
            viewport=PHONE if phone else LAPTOP,
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            locale="en-GB",
        )
        page = context.new_page()
        page.set_default_timeout(2 * WAIT)
        page.on("pageerror", lambda error: print(f"the page says {error}", flush=True))
        page.goto(url)
        yield page
        context.close()

    def take(self, page: Page, name: str) -> None:
        page.wait_for_timeout(SETTLED)
        path = self.folder / f"{name}.png"
        page.screenshot(path=path)
        shrink(path)
        print(f"{path}  {path.stat().st_size // 1000} kB", flush=True)


def shrink(path: Path) -> None:
    from PIL import Image

    with Image.open(path) as picture:
        plain = picture.convert("RGB")
    plain.save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        plain.quantize(256, kmeans=4, dither=Image.Dither.NONE).save(path, optimize=True)


def show_first_visit(camera: Camera, server: PageServer) -> None:
    with camera.visit(server.url) as page:
        page.wait_for_selector("#first-visit")
        camera.take(page, "01-three-questions")
        page.click("text=Not now")
        camera.take(page, "02-drop-a-song")


def show_work(camera: Camera, server: PageServer, song: Path) -> str:
    """The job of the song, done."""
    asked = {"path": str(song), "options": {"parts": ["drums", "bass", "vocals", "other"], "stems": "wav"}}
    job: str = server.ask("POST", "api/jobs", asked)["id"]
    with camera.visit(f"{server.url}#{job}") as page:
        page.wait_for_function("() => /^[2-9] of/.test(document.querySelector('#network-text').textContent)", timeout=0)
        camera.take(page, "03-the-song-is-taken-apart")
        page.wait_for_selector("#editor:not([hidden])")
        page.wait_for_selector("#progress", state="hidden", timeout=0)
    return job


def show_song(camera: Camera, server: PageServer, job: str) -> None:
    steps: tuple[tuple[str, bool, Callable[[Page], None]], ...] = (
        ("04-the-song", False, lambda page: page.mouse.move(700, 500)),
        ("05-midi-drums-in-the-song", True, lambda page: page.keyboard.press("b")),
        ("06-hits-are-selected", False, select_hits),
        ("07-what-are-these", False, ask_for_names),
        ("08-what-happened-inside", True, lambda page: page.click("#stage-details > summary")),
        ("09-sounds-adjust-take-away", False, show_panels),
    )
    for name, dark, step in steps:
        with camera.visit(f"{server.url}#{job}", dark=dark) as page:
            page.wait_for_selector("#editor:not([hidden])")
            page.wait_for_timeout(SETTLED)
            page.focus("#timeline")
            step(page)
            camera.take(page, name)


def select_hits(page: Page) -> None:
    place = page.locator("#lane-headers [data-key='lane snare']").bounding_box()
    left = page.locator("#timeline").bounding_box()["x"]
    page.mouse.move(left + 120, place["y"] + 2)
    page.mouse.down()
    page.mouse.move(left + 420, place["y"] + place["height"] - 3, steps=4)
    page.mouse.up()


def show_panels(page: Page) -> None:
    page.evaluate("() => scrollTo(0, document.querySelector('.panels').getBoundingClientRect().top + scrollY - 150)")


def ask_for_names(page: Page) -> None:
    page.keyboard.press("w")


def show_settings(camera: Camera, server: PageServer) -> None:
    with camera.visit(server.url, dark=True) as page:
        page.click("#settings-open")
        page.wait_for_selector("#networks li")
        page.evaluate("() => document.querySelector('#networks-title').scrollIntoView()")
        camera.take(page, "10-settings")


def show_phone(camera: Camera, server: PageServer, job: str) -> None:
    for name, dark in (("11-on-a-phone", False), ("12-on-a-phone-in-the-dark", True)):
        with camera.visit(f"{server.url}#{job}", dark=dark, phone=True) as page:
            page.wait_for_selector("#editor:not([hidden])")
            if dark:
                page.locator(".timeline-grid").scroll_into_view_if_needed()
                page.evaluate("() => document.querySelector('.transport').scrollIntoView()")
            camera.take(page, name)


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser("python -m tests.web.pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=Path, default=user_data_path("sidestick", appauthor=False) / "models")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sidestick-") as name, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium(), args=FLAGS)
        take_all(Camera(browser, asked.folder), Path(name), asked.models)
        browser.close()


def take_all(camera: Camera, home: Path, models: Path) -> None:
    new = PageServer(home / "new", daw="")
    show_first_visit(camera, new)
    new.home.end()
    server = NetworkServer(home / "site", models)
    song = server.home.music / DEMO.name
    shutil.copy(DEMO, song)
    job = show_work(camera, server, song)
    show_song(camera, server, job)
    show_settings(camera, server)
    show_phone(camera, server, job)
    server.home.end()


if __name__ == "__main__":
    main()
