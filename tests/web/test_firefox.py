"""The core of a visit in Firefox: load, play, select, relabel, undo, download."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing

import mido
import pytest

from tests.web.firefox import Firefox, SoundServer, find_firefox
from tests.web.server import wait_for

CONTROL = "\ue009"


@pytest.fixture(scope="module")
def firefox(tmp_path_factory) -> Iterator[Firefox]:
    program, pulseaudio = find_firefox(), shutil.which("pulseaudio")
    if program is None or pulseaudio is None:
        pytest.skip("needs firefox and pulseaudio, which are not both installed")
    with ExitStack() as stack:
        sound = stack.enter_context(closing(SoundServer(pulseaudio, tmp_path_factory.mktemp("sound"))))
        yield stack.enter_context(closing(Firefox(program, sound.address)))


@pytest.fixture
def visit(firefox, server, job):
    """The page at this test's own song. Whatever it complains of in its console fails the test."""
    firefox.complaints.clear()
    firefox.open(f"{server.url}#{job}")
    firefox.expect("!document.querySelector('#editor').hidden && document.querySelectorAll('#lane-headers li').length")
    yield firefox
    assert firefox.complaints == []


def test_firefox_plays_the_song(visit):
    visit.click("#play")
    visit.expect("document.querySelector('#position-time').textContent > '0:00.5'")
    visit.click("#play")
    assert visit.run("document.querySelector('#play').getAttribute('aria-label')") == "Play"


def test_firefox_selects_hits_names_them_by_a_key_and_takes_it_back(visit, server, job):
    visit.run("scrollTo(0, 0)")
    lane, timeline = visit.box_of("#lane-headers [data-key='lane kick']"), visit.box_of("#timeline")
    top, left = lane["y"] + 2, timeline["x"]
    visit.drag((left + 2, top), (left + 300, lane["y"] + lane["height"] - 3))
    visit.expect("!document.querySelector('#selection').hidden")
    before = server.labels(job)
    visit.press("3")
    wait_for(lambda: "side_stick" in server.labels(job))
    visit.expect("!document.querySelector('#undo').disabled")
    visit.press(CONTROL, "z")
    wait_for(lambda: server.labels(job) == before)


def test_firefox_saves_the_midi(visit):
    visit.click("#exports a.main")
    saved = wait_for(lambda: [path for path in visit.downloads.glob("*.mid") if path.stat().st_size])
    assert any(message.type == "note_on" for message in mido.MidiFile(saved[0]))


def test_firefox_says_how_a_file_gets_into_the_daw(visit):
    assert "drag it from the browser's list of downloads" in visit.run(
        "document.querySelector('#drag-hint').textContent"
    )


CARRIED = "window.carried = event.dataTransfer.getData('text/uri-list')"


def test_what_is_dragged_out_of_firefox_is_the_address_of_the_file(visit, server, job):
    visit.run(f"void document.addEventListener('dragstart', (event) => {{ {CARRIED}; }})")
    visit.run("document.querySelector('#exports a.main').scrollIntoView({block: 'center'})")
    x, y = visit.middle_of("#exports a.main")
    visit.drag((x, y), (x - 60, y - 40))
    address = visit.expect("window.carried")
    assert address.startswith(f"{server.url}api/jobs/{job}/midi")


def test_firefox_shows_the_settings(visit):
    visit.click("#settings-open")
    visit.expect("document.querySelectorAll('#settings-groups .setting').length > 10")
    visit.press("\ue00c")
    visit.expect("!document.querySelector('#settings').open")
