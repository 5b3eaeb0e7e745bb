"""Remedies in the words of the command line.

Texts that every asker may see name an option as `NAME=VALUE`, as JSON and TOML have it, and a setting by its name in
config.toml. `sidestick transcribe` has flags instead, and a folder of results that can be chosen.
"""

import re

from daemon.outlets.naming import MOVE

OPTIONS = ("bpm", "input", "kit", "onsets", "parts", "separator", "stems")
"""The options that texts name; each is a flag of the same name."""

_ASSIGNMENT = re.compile(rf"(?<= )({'|'.join(OPTIONS)})=([\w.]*\w)")


def spell_flags(text: str) -> str:
    """`text` as `sidestick transcribe` says it: `Use separator=embedded.` becomes `Use --separator embedded.`"""
    return _ASSIGNMENT.sub(r"--\1 \2", text.replace(MOVE, "Choose another folder with --out."))
