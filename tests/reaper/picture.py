"""The picture of the review window on reaper_scripts/README.md: python -m tests.reaper.picture OUT.png [SCALE W H]"""

import shutil
import sys
import tempfile
from pathlib import Path

from tests.reaper.conftest import Daemon
from tests.reaper.draw import draw
from tests.reaper.fake import LUAS, Reaper, audio_item, reopen_tracks

SONG = Path(__file__).parents[2] / "examples" / "war-of-freedom.ogg"
SECONDS = 60.0
WIDE, HIGH = 760, 584
LATER = 80  # frames until the clusters are there
DOWN = 1685026670


def picture(home: Path, scale: int, wide: int, high: int) -> dict[str, object]:
    """The window on the demo song, transcribed by a sidestick of its own, one row down."""
    song = Path(shutil.copy(SONG, home))
    daemon = Daemon(home / "sidestick")
    daemon.start()
    try:
        reaper = Reaper(LUAS[-1], home, daemon.state)
        made = reaper.run("Drums to MIDI", [{"name": "Song", "items": [audio_item(song, SECONDS)]}], cycles=6000)
        keys = [{"frame": LATER - 5, "key": DOWN}]
        look = {"scale": scale, "w": wide, "h": high, "cycles": LATER, "input": keys, "picture": True}
        return dict(reaper.run("Review and relabel", reopen_tracks(made, 0), **look)["picture"])
    finally:
        daemon.stop()


def main(out: str, scale: str = "2", wide: str = str(WIDE), high: str = str(HIGH)) -> None:
    with tempfile.TemporaryDirectory() as home:
        draw(picture(Path(home), int(scale), int(wide), int(high))).save(out, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
