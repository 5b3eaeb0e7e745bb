"""Remedies in the words of the command line.

Texts that every asker may see name an option as `NAME=VALUE`, as JSON and TOML have it, and a setting by its name in
config.toml. `sidestick transcribe` has flags instead, and a folder of results that can be chosen.
"""

import re

from daemon.outlets.naming import MOVE

FLAGS = {
    name: f"--{name}" for name in ("bpm", "downbeat", "input", "meter", "kit", "onsets", "parts", "separator", "stems")
}
FLAGS["stem_names"] = "--stem-names"
"""The flags of the options that texts name."""

_FETCH = re.compile(r"Fetch the network ([\w-]+)")
_ASSIGNMENT = re.compile(rf"(?<= )({'|'.join(FLAGS)})=([\w./]*\w)")


def spell_commands(text: str) -> str:
    """`Fetch the network htdemucs.` becomes the command that does it."""
    return _FETCH.sub(lambda found: f"Run `sidestick models fetch {found[1]}`", text)


def spell_flags(text: str) -> str:
    """`text` as `sidestick transcribe` says it: `Use separator=embedded.` becomes `Use --separator embedded.`"""
    texts = spell_commands(text).replace(MOVE, "Choose another folder with --out.")
    return _ASSIGNMENT.sub(lambda found: f"{FLAGS[found[1]]} {found[2]}", texts)
