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
    python -m daemon.training note-render --roots DIR [DIR ...] --note-shards 60
    python -m daemon.training note-train --note-steps 20000
    python -m daemon.training note-export
    python -m daemon.training note-evaluate
    python -m daemon.training all --roots DIR [DIR ...] --grooves DIR

The first block makes the drum transcriber (drum_transcriber.onnx), the second the kit splitter (kit_network.onnx) from
the same kits and backing, the third the note transcriber (note_transcriber.onnx), which needs no grooves: soundfonts
and sampled strings under the roots, and htdemucs where it has been fetched.

`all` is every one of them, in this order. A root is a folder in which packages were unpacked, / if they are installed;
the grooves are the unpacked Groove MIDI Dataset; `--work` (or SIDESTICK_TRAINING) holds all results, and what lies
there already is gone on with.
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from daemon.training import backing, dataset
from daemon.training import kit_sources as sources
from daemon.training.render import make_plain_clip
from daemon.weights import DRUM_TRANSCRIBER_WEIGHTS, KIT_NETWORK_WEIGHTS, NOTE_TRANSCRIBER_WEIGHTS

SPLITS = (("train", 0), ("validate", 90000))
VALIDATION_SHARDS = 6
PLAIN_SEEDS = range(91000, 91003)
SPLIT_SHARDS = 41
NEEDS_GROOVES = ("render", "evaluate", "split-render", "split-evaluate", "all")  # what needs the grooves


def make_kits(options: argparse.Namespace) -> None:
    sources.build_kits(tuple(options.roots), options.work)


def make_backings(options: argparse.Namespace) -> None:
    for split in ("train", "validate"):
        fonts = sources.find_soundfonts(tuple(options.roots), split)
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
    from daemon.training.training_loop import train_network
    from daemon.training.transcriber_task import RECIPE, TRANSCRIBER_TASK
    from daemon.training.warm_start import start_net

    recipe = replace(RECIPE, steps=options.steps, threads=options.threads, rate=options.rate)
    shards, task = options.work / "shards" / "train", TRANSCRIBER_TASK
    if options.start_from:
        first = sorted(shards.glob("*.npz"))[0]
        task = replace(task, make_net=lambda: start_net(options.start_from, first, heads_only=options.heads_only))
    train_network(task, shards, options.work / "transcriber.pt", recipe)


def export(options: argparse.Namespace) -> None:
    """Thresholds and lateness are measured on the validation shards on the way."""
    from daemon.training.evaluate import articulation_thresholds, best_thresholds, lateness
    from daemon.training.export import ModelMetadata, export_transcriber, load_average
    from daemon.training.validation import evaluate_all_clips, evaluate_mix_clips, evaluate_plain_clips

    net, shards = load_average(options.work / "transcriber.pt"), options.work / "shards"
    plain = evaluate_plain_clips(net, shards)
    limits = best_thresholds(plain)
    details = articulation_thresholds(plain + evaluate_all_clips(net, shards))
    mixes = best_thresholds(evaluate_mix_clips(net, shards))
    metadata = ModelMetadata(limits, mixes, lateness(plain, limits), details)
    export_transcriber(net, options.weights, metadata)


def evaluate(options: argparse.Namespace) -> None:
    from daemon.training.validation import print_report

    library = dataset.open_library(options.work, options.grooves, "validate")
    print_report(options.weights, library, PLAIN_SEEDS)


def render_split(options: argparse.Namespace) -> None:
    from daemon.training.split_targets import render_split_shards

    library = dataset.open_library(options.work, options.grooves, "train")
    number = min(options.shards, SPLIT_SHARDS)
    render_split_shards(library, options.work / "shares" / "train", range(number))


def train_split(options: argparse.Namespace) -> None:
    from daemon.training.split_task import RECIPE, SPLIT_TASK
    from daemon.training.training_loop import train_network

    recipe = replace(RECIPE, threads=options.threads)
    train_network(SPLIT_TASK, options.work / "shares" / "train", options.work / "splitter.pt", recipe)


def export_split(options: argparse.Namespace) -> None:
    from daemon.training.split_export import export_splitter, load_split_average

    export_splitter(load_split_average(options.work / "splitter.pt"), options.kit_weights)


def evaluate_split(options: argparse.Namespace) -> None:
    from daemon.training.split_validation import print_split_report

    library = dataset.open_library(options.work, options.grooves, "validate")
    print_split_report(library, options.kit_weights)


def render_notes(options: argparse.Namespace) -> None:
    from daemon.training.note_steps import render_mix_shards, render_note_shards

    roots = tuple(options.roots)
    render_note_shards(roots, options.work, range(options.note_shards))
    render_mix_shards(roots, options.work, options.models)


def train_notes(options: argparse.Namespace) -> None:
    from daemon.training.note_task import NOTE_TASK, RECIPE
    from daemon.training.training_loop import train_network

    recipe = replace(RECIPE, steps=options.note_steps, threads=options.threads)
    train_network(NOTE_TASK, options.work / "notes" / "train", options.work / "notes.pt", recipe)


def export_notes(options: argparse.Namespace) -> None:
    from daemon.training.note_export import export_note_transcriber, load_note_average

    export_note_transcriber(load_note_average(options.work / "notes.pt"), options.note_weights)


def evaluate_notes(options: argparse.Namespace) -> None:
    from daemon.training.note_validation import print_note_report

    print_note_report(options.note_weights, options.work)


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "kits": make_kits,
    "backing": make_backings,
    "render": render,
    "train": train,
    "export": export,
    "evaluate": evaluate,
    "split-render": render_split,
    "split-train": train_split,
    "split-export": export_split,
    "split-evaluate": evaluate_split,
    "note-render": render_notes,
    "note-train": train_notes,
    "note-export": export_notes,
    "note-evaluate": evaluate_notes,
}


def run_all(options: argparse.Namespace) -> None:
    for name, step in COMMANDS.items():
        print(f"{name} ...", flush=True)
        step(options)


def build_parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m daemon.training", description=__doc__)
    made.add_argument("command", choices=[*COMMANDS, "all"])
    home = Path(os.environ.get("SIDESTICK_TRAINING", "training-work"))
    made.add_argument("--work", type=Path, default=home, help="folder for all results")
    made.add_argument("--roots", type=Path, nargs="+", default=[Path("/")])
    made.add_argument("--grooves", type=Path, default=home / "groove", help="unpacked data set")
    made.add_argument("--shards", type=int, default=150, help="training shards of 10 minutes each")
    made.add_argument("--steps", type=int, default=9000)
    made.add_argument("--rate", type=float, default=2e-3, help="learning rate; a tenth of it for a further round")
    made.add_argument("--start-from", type=Path, help="a transcriber's .onnx to go on from, instead of nothing")
    made.add_argument("--heads-only", action="store_true", help="with --start-from: onsets stay as they are")
    made.add_argument("--note-shards", type=int, default=60, help="training shards of 6 minutes each")
    made.add_argument("--note-steps", type=int, default=20000)
    made.add_argument("--models", type=Path, default=None, help="folder of fetched checkpoints, for htdemucs")
    made.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    made.add_argument("--weights", type=Path, default=DRUM_TRANSCRIBER_WEIGHTS)
    made.add_argument("--kit-weights", type=Path, default=KIT_NETWORK_WEIGHTS)
    made.add_argument("--note-weights", type=Path, default=NOTE_TRANSCRIBER_WEIGHTS)
    return made


def main() -> None:
    asked = build_parser()
    options = asked.parse_args()
    if options.command in NEEDS_GROOVES and not options.grooves.is_dir():
        asked.error(f"There is no folder {options.grooves}. Unpack the Groove MIDI Dataset and name it with --grooves.")
    COMMANDS.get(options.command, run_all)(options)


if __name__ == "__main__":
    main()
