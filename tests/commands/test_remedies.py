"""Every remedy in a text exists for whoever reads it: options, settings, flags and commands, against the real ones."""

import ast
import re
from pathlib import Path

import pytest
import typer

from daemon.cli import app
from daemon.commands.remedies import FLAGS, spell_commands, spell_flags
from daemon.config import Settings
from daemon.outlets.naming import MOVE
from daemon.pipeline.options import Options

ROOT = Path(__file__).parents[2]
EVERYWHERE = sorted(
    path
    for package in ("daemon", "bridge")
    for path in (ROOT / package).rglob("*.py")
    if not path.relative_to(ROOT).as_posix().startswith(("daemon/commands/", "daemon/training/", "daemon/cli.py"))
)
PROGRAMS = (
    "daemon/backends/npm_mirror.py",
    "daemon/extras.py",
    "bridge/osc/send.py",
    "daemon/service_files.py",
)  # flags of their own
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
SETTING = re.compile(
    r"[Ss]et ((?:[a-z_]+\.)?[a-z_]+) (?:to|higher)\b|[Rr]aise ((?:[a-z_]+\.)?[a-z_]+)\b|or (limits\.[a-z_]+)"
)
PIP = re.compile(r"pip install[^.']*")  # its flags are its own
VARIABLE = re.compile(r"\bSIDESTICK_[A-Z_]+")
COMMAND = re.compile(r"`sidestick ([a-z]+)((?: --?[a-z-]+)*)")
ASSIGNMENT = re.compile(r"(?<= )([a-z_]+)=(?=[\w{])")


def messages(path):
    """Every text of a module that is no docstring, with {} for what is filled in."""
    tree = ast.parse(path.read_text("utf-8"))
    hidden = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            hidden.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in hidden:
            yield node.value


def sentences(path):
    return [PIP.sub("", text) for text in messages(path) if " " in text]


def all_found(pattern):
    return {
        (path.relative_to(ROOT).as_posix(), found)
        for path in EVERYWHERE
        for text in sentences(path)
        for found in ("".join(groups) if isinstance(groups, tuple) else groups for groups in pattern.findall(text))
    }


def flags_of(name):
    command = typer.main.get_command(app)
    for word in name.split():
        command = command.commands[word]
    return {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}


def exists_in(model, name):
    for word in name.split("."):
        if word not in getattr(model, "model_fields", {}):
            return False
        model = model.model_fields[word].annotation
    return True


def test_what_everybody_may_read_names_no_flag():
    assert {(file, flag) for file, flag in all_found(FLAG) if not file.startswith(PROGRAMS)} == set()


def test_every_setting_that_a_text_names_exists():
    found = all_found(SETTING)
    assert len(found) > 5
    assert {
        (file, name) for file, name in found if not exists_in(Settings, name) and not exists_in(Options, name)
    } == set()


def test_every_variable_that_a_text_names_is_that_of_a_setting():
    found = all_found(VARIABLE)
    names = {name.removeprefix("SIDESTICK_").lower().replace("__", ".") for _, name in found}
    assert found and {name for name in names if not exists_in(Settings, name)} <= {"state_folder", ""}


def test_every_option_that_a_text_sets_is_a_flag_too():
    found = {name for file, name in all_found(ASSIGNMENT) if name in Options.model_fields}
    assert found and found <= set(FLAGS)
    assert set(FLAGS.values()) <= flags_of("transcribe")


def test_every_command_that_a_text_names_exists_with_its_flags():
    known = set(typer.main.get_command(app).commands)
    found = {
        (name, flag)
        for path in sorted((ROOT / "daemon").rglob("*.py"))
        for text in messages(path)
        for name, flags in COMMAND.findall(text)
        for flag in (*flags.split(), "")
    }
    assert found and {name for name, _ in found} <= known
    assert {(name, flag) for name, flag in found if flag.startswith("--") and flag not in flags_of(name)} == set()


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("Use separator=embedded.", "Use --separator embedded."),
        ("Read as 120 bpm; bpm=60.5 counts it half.", "Read as 120 bpm; --bpm 60.5 counts it half."),
        ("Set one, as with bpm=120.", "Set one, as with --bpm 120."),
        ("Set offline to false once, or use kit=drumsep6.", "Set offline to false once, or use --kit drumsep6."),
        ("A bar has three; meter=4/4 sets another.", "A bar has three; --meter 4/4 sets another."),
        (f"It is read-only. {MOVE}", "It is read-only. Choose another folder with --out."),
        ("a=b.wav has no beat", "a=b.wav has no beat"),
    ],
)
def test_the_command_line_says_it_in_flags(text, spelt):
    assert spell_flags(text) == spelt


SAID_IN_A_TERMINAL = {("daemon/jobs/store_file.py", "run"), ("daemon/service.py", "run")}
"""By commands that open the list of jobs themselves, and by what `sidestick service` prints."""


def test_no_text_that_other_than_terminals_show_names_a_command():
    named = {(path, name) for path, (name, _) in all_groups(COMMAND)}
    assert named <= SAID_IN_A_TERMINAL


def all_groups(pattern):
    return {
        (path.relative_to(ROOT).as_posix(), found)
        for path in EVERYWHERE
        for text in sentences(path)
        for found in pattern.findall(text)
    }


def test_the_page_has_no_word_of_the_command_line():
    web = ROOT / "daemon" / "web"
    texts = [re.sub(r"/\*.*?\*/|<!--.*?-->", "", path.read_text("utf-8"), flags=re.S) for path in web.glob("js/*.js")]
    texts.append((web / "index.html").read_text("utf-8"))
    commands = "|".join(typer.main.get_command(app).commands)
    assert [found for text in texts for found in re.findall(rf"\bsidestick (?:{commands})\b", text)] == []
    shown = [said for text in texts for said in re.findall(r">([^<>{}]*)<|[\"`]([^\"`\n]* [^\"`\n]*)[\"`]", text)]
    assert [said for pair in shown for said in pair if re.search(r"(?:^| )--[a-z]{2,}", said)] == []


@pytest.mark.parametrize("place", ["bridge/osc", "daemon/inlets/dispatch.py", "daemon/inlets/osc.py"])
def test_no_answer_over_osc_speaks_of_the_page(place):
    found = [path for path in EVERYWHERE if path.relative_to(ROOT).as_posix().startswith(place)]
    words = re.compile(r"\b(click|button|page|drag|menu|tab)s?\b", re.I)
    assert found and [text for path in found for text in sentences(path) if words.search(text)] == []


def test_a_network_is_fetched_by_a_command_in_a_terminal():
    assert spell_commands("Fetch the network mdx_extra again.") == "Run `sidestick models fetch mdx_extra` again."
