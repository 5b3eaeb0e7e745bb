"""Chromium before the page of a real daemon. Whatever the page complains of in its console fails the test."""

import shutil
from collections.abc import Iterator

import pytest

from tests.web.server import WAIT, PageServer

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[PageServer]:
    opened = PageServer(tmp_path_factory.mktemp("site"))
    yield opened
    opened.home.end()


@pytest.fixture(scope="module")
def browser():
    """Closed with its module: Playwright's loop would be in the way of other tests."""
    playwright = pytest.importorskip("playwright.sync_api")
    if (program := chromium()) is None:
        pytest.skip("needs chromium, which is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def new_server(tmp_path_factory) -> Iterator[PageServer]:
    """A daemon that nobody has set up."""
    opened = PageServer(tmp_path_factory.mktemp("new"), daw="")
    yield opened
    opened.home.end()


@pytest.fixture
def visit(browser, server):
    """Opens the page, at a job or at none, as a visitor of its own."""
    contexts, complaints = [], []

    def opened(job: str = "", **settings):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **settings})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{server.url}#{job}")
        if job:
            page.wait_for_selector("#editor:not([hidden])")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def job(server, request) -> str:
    """A drum track of this test's own, done."""
    return server.drums(request.node.name)


@pytest.fixture(scope="session")
def looked_at(server) -> str:
    """A job that nobody corrects."""
    return server.drums("looked at")
