"""The layers of docs/developing.md, from the ground up: a module imports only from its own layer and those below it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    "bridge.guard bridge.timebase bridge.notes bridge.drum_labels bridge.drum_map bridge.note_names bridge.files",
    "bridge.discovery",
    "bridge.osc bridge.midi",
    "bridge.launch",
    "daemon.child_process daemon.errors daemon.remarks daemon.codes daemon.validation daemon.files daemon.allocator",
    "daemon.weights daemon.events",
    "daemon.extras",
    "daemon.service_files",
    "daemon.service",
    "daemon.pipeline",
    "daemon.score",
    "daemon.outlets",
    "daemon.backends",
    "daemon.config daemon.logs daemon.own_drum_maps",
    "daemon.setup",
    "daemon.jobs",
    "daemon.model_list",
    "daemon.core",
    "daemon.inlets",
    "daemon.shutdown daemon.factories",
    "daemon.run daemon.api daemon.distributed",
    "daemon.commands",
    "daemon.cli daemon.training",
    "daemon.__main__",
)
PIPELINE = (
    "daemon.pipeline.records daemon.pipeline.tempo_settings daemon.pipeline.options",
    "daemon.pipeline.cache_index daemon.pipeline.cache",
    "daemon.pipeline.audio",
    "daemon.pipeline.drums",
    "daemon.pipeline.beats",
    "daemon.pipeline.pitched",
    "daemon.pipeline.tools daemon.pipeline.stages daemon.pipeline.chain",
)


def names_in(layers):
    """The height of each; in a row it grows from left to right."""
    return {name: height for height, name in enumerate(name for row in layers for name in row.split())}


def module_of(path, root=ROOT):
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imports(path, root=ROOT):
    """(line, module) of everything of ours that a file imports, within functions and for type checkers too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inner = (f"{node.module}.{alias.name}" for alias in node.names)
            files = ((each, root / each.replace(".", "/")) for each in inner)
            yield from (
                (node.lineno, each if file.is_dir() or file.with_suffix(".py").exists() else node.module)
                for each, file in files
            )


def layer_of(module, layers):
    return next((name for name in layers if module == name or module.startswith(name + ".")), None)


def upward(layers, root=ROOT):
    """Every import that points to the right of its own place, or to a layer above."""
    heights = names_in(layers)
    for path in sorted(path for package in ("daemon", "bridge") for path in (root / package).rglob("*.py")):
        own = layer_of(module_of(path, root), heights)
        for line, module in imports(path, root):
            other = layer_of(module, heights)
            if own and other and own != other and heights[other] > heights[own]:
                yield f"{path.relative_to(root).as_posix()}:{line} imports {module}"


def test_every_module_has_its_layer():
    known = names_in(LAYERS)
    files = [path for package in ("daemon", "bridge") for path in (ROOT / package).rglob("*.py")]
    modules = {module_of(path) for path in files} - {"daemon", "bridge"}
    assert len(modules) > 100
    assert {module for module in modules if not layer_of(module, known)} == set()


@pytest.mark.parametrize("layers", [LAYERS, PIPELINE], ids=["whole", "pipeline"])
def test_every_layer_is_in_the_picture(layers):
    text = (ROOT / "docs/developing.md").read_text("utf-8")
    picture = text[text.index("## The layers") : text.index("## Processes and threads")].partition("Held by")[0]
    seen = set(re.findall(r"\w+", picture))
    assert [name for name in names_in(layers) if name.rpartition(".")[2] not in seen] == []


@pytest.mark.parametrize("layers", [LAYERS, PIPELINE], ids=["whole", "pipeline"])
def test_nothing_points_upwards(layers):
    assert list(upward(layers)) == []


def test_an_arrow_upwards_is_found_in_a_function_too(tmp_path):
    (tmp_path / "bridge").mkdir()
    (tmp_path / "daemon/pipeline").mkdir(parents=True)
    (tmp_path / "daemon/core.py").write_text("")
    (tmp_path / "daemon/pipeline/chain.py").write_text("def f():\n    from daemon import core\n")
    assert list(upward(LAYERS, tmp_path)) == ["daemon/pipeline/chain.py:2 imports daemon.core"]
