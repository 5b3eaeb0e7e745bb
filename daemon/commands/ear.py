"""`sidestick ear`: what corrections taught the ear, whether it may learn, and how it forgets."""

import json
import os
from collections import Counter

from daemon import factories
from daemon.config import load
from daemon.outlets.ear_memory import TaughtSong
from daemon.pipeline.records import Drum
from daemon.setup import change_settings

_MEANING = (
    "In a song on one of these kits, what sounds like a stroke that you corrected is heard as you corrected it.\n"
    "Other kits are heard as ever. All of it lies in {path}; `sidestick ear clear` forgets it."
)


def show(as_json: bool) -> int:
    """Whether it learns, and what it has learnt, by song and drum."""
    settings = load().settings
    memory = factories.ear_memory(settings)
    songs = memory.songs()
    if as_json:
        rows = [{"name": song.name, "examples": song.counts, "corrected": song.corrected} for song in songs]
        print(json.dumps({"on": settings.personal_ear, "file": str(memory.path), "songs": rows}, indent=1))
        return 0
    state = "on: corrections teach it" if settings.personal_ear else "off: `sidestick ear on` lets corrections teach it"
    print(f"The personal ear is {state}.")
    if not songs:
        print("It has learnt nothing yet. Correct the drums of a song, and it has.")
        return 0
    print("\n".join(_describe_songs(songs)))
    print(_MEANING.format(path=memory.path))
    return 0


def _describe_songs(songs: tuple[TaughtSong, ...]) -> list[str]:
    lines = [f"\n{'song':<32} {'drum':<8} {'examples':>8} {'corrected':>9}"]
    for song in songs:
        names = [song.name, *[""] * len(song.counts)]
        lines += [
            f"{name[:32]:<32} {drum:<8} {count:>8} {song.corrected.get(drum, 0):>9}"
            for name, (drum, count) in zip(names, song.counts.items(), strict=False)
        ]
    total: Counter[Drum] = sum((Counter(song.counts) for song in songs), Counter())
    lines += [f"{total.total()} examples in all.\n"]
    return lines


def switch(on: bool) -> int:
    """Into config.toml. Raises Rejected where the environment sets it otherwise."""
    after = change_settings(load(), {"personal_ear": on}, os.environ)
    print(f"The personal ear is {'on' if on else 'off'} now, in {after.file}. A running daemon must be started again.")
    return 0


def clear() -> int:
    """Forget everything."""
    count = factories.ear_memory(load().settings).forget()
    songs = "1 song" if count == 1 else f"{count} songs"
    print(f"Forgotten: what {songs} taught." if count else "There was nothing to forget.")
    return 0
