"""From nothing to the shipped files: kits, backing, then for each network render, train, export, evaluate.

    python -m daemon.training kits --roots DIR [DIR ...]
    python -m daemon.training backing --roots DIR [DIR ...]
    python -m daemon.training render --grooves DIR --shards 40
    python -m daemon.training train --steps 9000
    python -m daemon.training export
    python -m daemon.training evaluate --grooves DIR
    python -m daemon.training split-render --grooves DIR
    python -m daemon.training split-train
    python -m daemon.training split-export
    python -m daemon.training split-evaluate --grooves DIR
    python -m daemon.training all --roots DIR [DIR ...] --grooves DIR

The first block makes the ear (ear.onnx), the second the kit splitter (kit.onnx) from the same kits and backing.

`all` is every one of them, in this order. A root is a folder in which packages were unpacked, / if they are installed;
the grooves are the unpacked Groove MIDI Dataset; `--work` (or SIDESTICK_TRAINING) holds all results, and what lies
there already is gone on with.
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from daemon.training import backing, dataset, sources
from daemon.training.render import make_plain_clip
from daemon.weights import EAR, KIT

SPLITS = (("train", 0), ("validate", 90000))
VALIDATION_SHARDS = 6
PLAIN_SEEDS = range(91000, 91003)
SPLIT_SHARDS = 41
PLAYED = ("render", "evaluate", "split-render", "split-evaluate", "all")  # what needs the grooves


def kits(options: argparse.Namespace) -> None:
    sources.build_kits(tuple(options.roots), options.work)


def backings(options: argparse.Namespace) -> None:
    for split in ("train", "validate"):
        fonts = sources.soundfonts(tuple(options.roots), split)
        target = options.work / "backing" / split
        if not fonts:
            print(f"skipped: no soundfont for {split} under the roots, mixes will lack music")
            continue
        pieces = 100 if split == "train" else 15
        backing.build_backings(fonts, target, count=pieces, seed=5 if split == "train" else 99)


def render(options: argparse.Namespace) -> None:
    for split, first in SPLITS:
        number = options.shards if split == "train" else VALIDATION_SHARDS
        library = dataset.open_library(options.work, options.grooves, split)
        target = options.work / "shards" / split
        dataset.render_shards(library, target, range(first, first + number))
    dataset.render_shards(library, options.work / "shards" / "plain", PLAIN_SEEDS, make_plain_clip)


def train(options: argparse.Namespace) -> None:
    from daemon.training.ear_task import EAR_TASK, RECIPE
    from daemon.training.practice import practise

    recipe = replace(RECIPE, steps=options.steps, threads=options.threads)
    practise(EAR_TASK, options.work / "shards" / "train", options.work / "ear.pt", recipe)


def export(options: argparse.Namespace) -> None:
    """Thresholds and lateness are measured on the validation shards on the way."""
    from daemon.training.evaluate import best_thresholds, lateness
    from daemon.training.export import Notes, average_of, export
    from daemon.training.judge import drum_takes, mix_takes

    net, shards = average_of(options.work / "ear.pt"), options.work / "shards"
    alone = drum_takes(net, shards)
    limits = best_thresholds(alone)
    notes = Notes(limits, best_thresholds(mix_takes(net, shards)), lateness(alone, limits))
    export(net, options.weights, notes)


def evaluate(options: argparse.Namespace) -> None:
    from daemon.training.judge import print_report

    library = dataset.open_library(options.work, options.grooves, "validate")
    print_report(options.weights, library, PLAIN_SEEDS)


def split_render(options: argparse.Namespace) -> None:
    from daemon.training.shares import render_share_shards

    library = dataset.open_library(options.work, options.grooves, "train")
    number = min(options.shards, SPLIT_SHARDS)
    render_share_shards(library, options.work / "shares" / "train", range(number))


def split_train(options: argparse.Namespace) -> None:
    from daemon.training.practice import practise
    from daemon.training.split_task import RECIPE, SPLIT_TASK

    recipe = replace(RECIPE, threads=options.threads)
    practise(SPLIT_TASK, options.work / "shares" / "train", options.work / "splitter.pt", recipe)


def split_export(options: argparse.Namespace) -> None:
    from daemon.training.split_export import export_splitter, split_average_of

    export_splitter(split_average_of(options.work / "splitter.pt"), options.kit_weights)


def split_evaluate(options: argparse.Namespace) -> None:
    from daemon.training.split_judge import print_split_report

    library = dataset.open_library(options.work, options.grooves, "validate")
    print_split_report(library, options.kit_weights)


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "kits": kits,
    "backing": backings,
    "render": render,
    "train": train,
    "export": export,
    "evaluate": evaluate,
    "split-render": split_render,
    "split-train": split_train,
    "split-export": split_export,
    "split-evaluate": split_evaluate,
}


def everything(options: argparse.Namespace) -> None:
    for name, step in COMMANDS.items():
        print(f"{name} ...", flush=True)
        step(options)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m daemon.training", description=__doc__)
    made.add_argument("command", choices=[*COMMANDS, "all"])
    home = Path(os.environ.get("SIDESTICK_TRAINING", "training-work"))
    made.add_argument("--work", type=Path, default=home, help="folder for all results")
    made.add_argument("--roots", type=Path, nargs="+", default=[Path("/")])
    made.add_argument("--grooves", type=Path, default=home / "groove", help="unpacked data set")
    made.add_argument("--shards", type=int, default=150, help="training shards of 10 minutes each")
    made.add_argument("--steps", type=int, default=9000)
    made.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    made.add_argument("--weights", type=Path, default=EAR)
    made.add_argument("--kit-weights", type=Path, default=KIT)
    return made


def main() -> None:
    asked = parser()
    options = asked.parse_args()
    if options.command in PLAYED and not options.grooves.is_dir():
        asked.error(f"There is no folder {options.grooves}. Unpack the Groove MIDI Dataset and name it with --grooves.")
    COMMANDS.get(options.command, everything)(options)


if __name__ == "__main__":
    main()
