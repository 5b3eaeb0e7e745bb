"""All benchmarks, as the tables of docs/benchmarks.md.

    python -m tests.benchmarks [NAME...] [--eval FOLDER] [--weights FOLDER] [--long] [--write docs/benchmarks.md]

Names: accuracy, beats (also a part of accuracy), songs, speed, relabel, memory, separation, notes, harmony, daemon,
jitter, soak, http, web, catalogue, scores, start-up; all of them without one. --write puts each table between its
marks, <!-- bench:NAME --> and <!-- /bench -->, in that file.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from platformdirs import user_data_path

from daemon.backends.checkpoints import NoWeights
from tests.benchmarks import (
    accuracy,
    catalogue,
    daemon,
    harmony,
    http,
    memory,
    notes,
    push_jitter,
    relabel,
    scores,
    separation,
    soak,
    speed,
    start_up,
    web,
    whole_songs,
)
from tests.benchmarks.tables import Setting, Table, machine, number, replace_tables


def main() -> None:
    asked = _read()
    setting = Setting(asked.weights, asked.eval, asked.long)
    print(f"{machine()}\n", flush=True)
    found = []
    for name in asked.names or BENCHMARKS:
        for table in BENCHMARKS[name](setting):
            print(f"### {table.name}\n\n{table.markdown()}\n", flush=True)
            found.append(table)
    print(machine())
    if asked.write:
        every = [*found, Table("machine", (), (), machine())]
        asked.write.write_text(replace_tables(asked.write.read_text("utf-8"), every), "utf-8")


def _read() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    evaluation = os.environ.get("SIDESTICK_EVAL")
    parser.add_argument("names", nargs="*", choices=list(BENCHMARKS), metavar="NAME")
    parser.add_argument("--eval", type=_folder, default=evaluation, help="annotated recordings and their scorer")
    parser.add_argument("--weights", type=Path, default=user_data_path("sidestick", appauthor=False) / "models")
    parser.add_argument("--long", action="store_true", help="30 minutes through htdemucs too")
    parser.add_argument("--write", type=Path, help="file with marks for the tables")
    return parser.parse_args()


def _folder(text: str) -> Path:
    if not (path := Path(text).expanduser()).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text}")
    return path


def _separation(setting: Setting) -> Iterator[Table]:
    """The comparison with the demucs command line, on the mixes if they are here."""
    mixes = setting.evaluation / "mix" if setting.evaluation else None
    try:
        rows = separation.rows(mixes, setting.weights)
    except NoWeights as missing:
        yield Table("separation", (), (), f"Not measured: {missing}")
        return
    cells = tuple((row.name, f"{number(row.value, 2)} {row.unit}", row.goal) for row in rows)
    yield Table("separation", ("htdemucs", "measured", "goal"), cells)


BENCHMARKS: dict[str, Callable[[Setting], Iterator[Table]]] = {
    "accuracy": accuracy.tables,
    "beats": accuracy.beats_alone,
    "songs": whole_songs.tables,
    "speed": speed.tables,
    "relabel": relabel.tables,
    "scores": scores.tables,
    "memory": memory.tables,
    "separation": _separation,
    "notes": notes.tables,
    "harmony": harmony.tables,
    "daemon": daemon.tables,
    "jitter": push_jitter.tables,
    "soak": soak.tables,
    "http": http.tables,
    "web": web.tables,
    "catalogue": catalogue.tables,
    "start-up": start_up.tables,
}


if __name__ == "__main__":
    main()
