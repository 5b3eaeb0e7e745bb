"""The tests run on Linux, macOS and Windows: what some of these lack is used behind a guard. The code: `make types`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
NAMES = {
    "os": "fork geteuid getuid getloadavg killpg mkfifo nice sched_getaffinity sched_setaffinity setsid O_DIRECTORY",
    "signal": "alarm SIGALRM SIGHUP SIGKILL SIGQUIT",
    "socket": "AF_UNIX",
}
MODULES = {"fcntl", "pty", "pwd", "resource", "termios"}
GUARDS = ("os.name", "sys.platform", "hasattr(", "platform.system()", "importorskip", "Linux only")


def uses(node: ast.AST) -> Iterator[str]:
    """Names that not every system has, used anywhere in `node`."""
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            if each.attr in NAMES.get(each.value.id, "").split():
                yield f"{each.value.id}.{each.attr}"
        elif isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names if alias.name in MODULES)


def unguarded_uses(source: str) -> list[str]:
    """Those in functions and classes that stand behind no guard: none within, no mark, none for the whole file."""
    tree = ast.parse(source)
    guards = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and _is_guard(ast.unparse(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if "pytestmark" in guards:
        return []
    found = []
    for node in tree.body:
        marks = {ast.unparse(mark) for mark in getattr(node, "decorator_list", ())}
        if not (_is_guard(ast.unparse(node)) or marks & guards):
            found += sorted(set(uses(node)))
    return found


def _is_guard(text: str) -> bool:
    return any(guard in text for guard in GUARDS)


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: path.relative_to(TESTS).as_posix())
def test_what_some_systems_lack_is_used_behind_a_guard(path: Path) -> None:
    if "node_modules" not in path.parts:
        assert unguarded_uses(path.read_text("utf-8")) == []


def test_a_use_without_a_guard_is_found_and_one_behind_a_mark_is_not() -> None:
    plain = "import os\ndef test_pipe():\n    os.mkfifo('x')\n"
    assert unguarded_uses(plain) == ["os.mkfifo"]
    marked = plain.replace("def", "posix = skipif(os.name == 'nt')\n@posix\ndef")
    assert unguarded_uses(marked) == []
