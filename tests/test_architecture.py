"""The rules of the architecture, read from the code itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path for package in ("daemon", "bridge") for path in (ROOT / package).rglob("*.py"))
ML = {"torch", "torchaudio", "demucs", "onnx", "onnxruntime", "safetensors", "basic_pitch", "tensorflow"}
GUARDS = {"daemon/pipeline/stages.py", "daemon/jobs/worker_process.py", "daemon/inlets/dispatch.py"}
UNGUARDED_THREADS = {
    "daemon/child_process.py": "one ends its process, the other reads what one helper says",
    "daemon/jobs/worker_process.py": "the process ends with the thread that reads for it",
    "daemon/commands/review.py": "it opens one page and ends",
    "daemon/pipeline/audio/guarded_probe.py": "it passes lines on and tells the end of its helper by an empty one",
}
LIGHT = ("torch", "onnxruntime", "librosa", "scipy")
LONGEST_FUNCTION, LONGEST_FILE = 50, 350


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def tree_of(path):
    return ast.parse(path.read_text("utf-8"))


def imported(path):
    """Top-level names of everything that the file imports, within functions too."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} has a relative import"
            yield node.module.partition(".")[0]


def importers(names):
    return {name_of(path) for path in FILES if names & set(imported(path))}


def under(folder):
    return {name_of(path) for path in FILES if name_of(path).startswith(folder)}


def functions(path):
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_the_code_is_found():
    assert len(under("bridge/")) > 10 and len(under("daemon/")) > 50


def test_bridge_imports_neither_daemon_nor_numpy():
    assert not importers({"daemon", "numpy", *ML}) & under("bridge/")


def test_ml_libraries_stay_in_the_backends_and_the_training():
    assert importers(ML) <= under("daemon/backends/") | under("daemon/training/")


def test_only_the_store_knows_sqlite():
    assert importers({"sqlite3"}) == {"daemon/jobs/store.py", "daemon/jobs/store_file.py"}


def test_the_training_is_imported_by_nothing_else():
    strange = {
        name_of(path)
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("daemon.training")
    }
    assert strange <= under("daemon/training/")


@pytest.mark.parametrize("module", ["daemon.cli", "daemon.factories", "daemon.run", "bridge.launch", "bridge.osc.send"])
def test_starting_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*(name for name in {LIGHT} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("module", ["daemon.cli", "bridge.launch", "bridge.osc.send"])
def test_help_and_send_do_not_wait_for_numpy(module):
    code = f"import sys, {module}; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_no_function_is_longer_than_one_screen():
    long = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in FILES
        for node in functions(path)
        if node.end_lineno - node.body[0].lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_no_file_is_too_long_to_be_read_at_once():
    assert [name_of(path) for path in FILES if len(path.read_text("utf-8").splitlines()) > LONGEST_FILE] == []


def test_only_the_guards_catch_everything():
    wide = {
        name_of(path)
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) == "Exception")
    }
    assert wide <= GUARDS


def test_every_thread_that_serves_has_a_guard():
    threaded = {name_of(path) for path in FILES if "threading.Thread(" in path.read_text("utf-8")}
    guarded = {name_of(path) for path in FILES if "with Guard(" in path.read_text("utf-8")}
    assert len(threaded & guarded) > 5
    assert threaded - guarded == UNGUARDED_THREADS.keys()


def test_who_catches_an_interruption_raises_it_again():
    swallowed = [
        f"{name_of(path)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler) and node.type is not None and "BaseException" in ast.unparse(node.type)
        if not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert swallowed == []
