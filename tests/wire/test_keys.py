"""The key of the page stays with the daemon: not with those that it starts, in no log, in no list of settings."""

import sys

import httpx
import psutil
import pytest

from bridge.discovery import read_running
from tests.ports import free_port
from tests.wire.daemon_process import DaemonProcess, events_until

KEY = "quite-a-secret-of-the-owner-0815"
VARIABLE = "SIDESTICK_DAEMON__HTTP_KEY"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process was given is read from /proc")


@pytest.fixture
def home(tmp_path) -> DaemonProcess:
    return DaemonProcess(tmp_path, daemon__http_key=KEY, daemon__http_port=str(free_port()), daemon__log_level="debug")


def test_the_key_reaches_no_child_no_log_and_no_list_of_settings_and_still_locks_the_page(home):
    home.start()
    page = f"http://127.0.0.1:{read_running(home.state).http_port}/api/settings"
    with home.client() as client:
        client.ask("/sidestick/subscribe", 0, 60)
        ack = client.ask("/sidestick/process", str(home.song()), '{"input": "drums"}')
        events_until(client, str(ack.args[1]))
    children = psutil.Process(home.process.pid).children(recursive=True)
    environments = [child.environ() for child in children]
    wrong = httpx.get(page, params={"key": KEY[:-1]}).status_code
    told = httpx.get(page, headers={"Authorization": f"Bearer {KEY}"})
    _, listed, _ = home.run_command("config")
    _, rows, _ = home.run_command("config", "--json")
    announced = (home.state / "daemon.json").read_text("utf-8")
    home.end()
    logs = [announced, *(path.read_text("utf-8") for path in (home.log_path, *home.state.glob("*.log*")))]
    assert len(children) >= 2 and all("PATH" in environ for environ in environments)
    assert not [child for child in environments if VARIABLE in child]
    assert (wrong, told.status_code) == (401, 200), told.text
    assert len(logs) >= 3 and VARIABLE in listed
    assert not [text for text in (*logs, told.text, listed, rows) if KEY in text]
