"""Firefox, driven by WebDriver BiDi, which it speaks itself: no driver of its own is needed."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.wire.daemon_process import PATIENCE

PROGRAMS = ("firefox-esr", "firefox")
PREFERENCES = {
    "media.autoplay.default": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.download.folderList": 2,
    "browser.download.always_ask_before_handling_new_types": False,
}


def find_firefox() -> str | None:
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class SoundServer:
    """A PulseAudio of the test's own, whose sound goes nowhere, as fast as it would be heard."""

    def __init__(self, program: str, folder: Path) -> None:
        socket = folder / "sound"
        environ = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PULSE_RUNTIME_PATH": str(folder)}
        modules = ["-L", "module-null-sink", "-L", f"module-native-protocol-unix auth-anonymous=1 socket={socket}"]
        command = [program, "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", *modules]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environ)
        self.address = f"unix:{socket}"
        deadline = time.monotonic() + PATIENCE
        while not socket.exists():
            assert self.process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


class Firefox:
    """A browser with one tab. `complaints` are the errors of its pages."""

    def __init__(self, program: str, sound_server: str = "") -> None:
        """`sound_server` is the address of a PulseAudio; without one Firefox plays nothing where no sound card is."""
        self.folder = Path(tempfile.mkdtemp(prefix="firefox"))
        self.downloads = self.folder / "downloads"
        self.downloads.mkdir()
        wanted = {**PREFERENCES, "browser.download.dir": str(self.downloads)}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wanted.items()]
        (self.folder / "user.js").write_text("\n".join(lines))
        said = self.folder / "said.txt"
        command = [program, "--headless", "--no-remote", "--profile", str(self.folder), "--remote-debugging-port", "0"]
        with said.open("w") as file:
            environ = {**os.environ, **({"PULSE_SERVER": sound_server} if sound_server else {})}
            self.process = subprocess.Popen(command, stdout=file, stderr=file, env=environ)
        self.complaints: list[str] = []
        self._number = 0
        self._open = ExitStack()
        address = f"{self._find_address(said)}/session"
        self._socket = self._open.enter_context(connect(address, max_size=None, compression=None))
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]
        self.ask("browsingContext.setViewport", context=self.tab, viewport={"width": 1280, "height": 860})

    def ask(self, method: str, **params: Any) -> Any:
        """The answer to a command; what happens in the meantime is noted down."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            found = json.loads(self._socket.recv(timeout=PATIENCE))
            if found.get("method") == "log.entryAdded" and found["params"]["type"] == "javascript":
                self.complaints.append(found["params"]["text"])
            if found.get("id") == self._number:
                assert found["type"] == "success", found
                return found["result"]

    def open(self, url: str) -> None:
        self.ask("browsingContext.navigate", context=self.tab, url="about:blank", wait="complete")
        self.ask("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def run(self, script: str) -> Any:
        """The value of an expression in the page, by way of JSON."""
        expression = f"(async () => JSON.stringify(await ({script})) ?? 'null')()"
        answer = self.ask(
            "script.evaluate",
            expression=expression,
            target={"context": self.tab},
            awaitPromise=True,
            userActivation=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def expect(self, script: str) -> Any:
        """Wait until an expression of the page is true."""
        deadline = time.monotonic() + PATIENCE
        while not (found := self.run(script)):
            assert time.monotonic() < deadline, script
            time.sleep(0.05)
        return found

    def press(self, *keys: str) -> None:
        """Keys held one after the other and let go again, such as Ctrl and z."""
        down = [{"type": "keyDown", "value": key} for key in keys]
        up = [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self._act({"type": "key", "id": "keys", "actions": down + up})

    def click(self, selector: str) -> None:
        self.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        self.drag(*[self.middle_of(selector)] * 2)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y), "duration": 50} for x, y in (start, end)]
        actions = [moves[0], {"type": "pointerDown", "button": 0}, moves[1], {"type": "pointerUp", "button": 0}]
        self._act({"type": "pointer", "id": "mouse", "actions": actions})

    def box_of(self, selector: str) -> dict[str, float]:
        found: dict[str, float] = self.run(f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()")
        return found

    def middle_of(self, selector: str) -> tuple[float, float]:
        box = self.box_of(selector)
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def close(self) -> None:
        self._open.close()
        self.process.terminate()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _act(self, source: dict[str, Any]) -> None:
        self.ask("input.performActions", context=self.tab, actions=[source])

    def _find_address(self, said: Path) -> str:
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(r"WebDriver BiDi listening on (ws://\S+)", said.read_text("utf-8"))):
            assert self.process.poll() is None and time.monotonic() < deadline, said.read_text("utf-8")
            time.sleep(0.05)
        return found[1]
