"""The words of the code: functions are verbs or nouns, a class name means one thing, no private metaphors.

docs/developing.md has the table of words.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path for package in ("daemon", "bridge") for path in (ROOT / package).rglob("*.py"))
WORDS = {
    "irregular participles": """begun bent bought bound broken brought built caught chosen done drawn drunk dug eaten
        fallen fed felt forgotten fought found frozen given gone gotten grown had heard held hidden hung kept known laid
        left lent lit lost made met paid risen rung said seen sent shaken shown slept sold spent spoken stolen struck
        stuck sung sunk swept sworn swum taken taught thought thrown told torn understood unsaid withdrawn won worn
        wound woven written""",
    "no participles": """bed embed exceed feed need proceed red seed shed speed succeed thread
        bring meaning padding ping ring setting spring string swing thing timing tuning""",
    "metaphors": """asker bench darkroom deck desk doorbell foreman frontdesk ghosts hearing house lab labour
        letter letters manners office reception scribe shelf shop staff studio upkeep wishes worksheet""",
}
IRREGULAR, OTHERS, METAPHORS = (frozenset(words.split()) for words in WORDS.values())


def is_participle(word: str) -> bool:
    """Whether a word alone is a participle, as far as its letters tell."""
    if word in OTHERS:
        return False
    return word in IRREGULAR or (len(word) > 4 and word.endswith(("ed", "ing")))


def words_of(name: str) -> list[str]:
    """`_FrontDesk` and `front_desk` are front, desk."""
    spaced = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return [word for word in spaced.split("_") if word]


def definitions(files: list[Path]) -> Iterator[tuple[str, ast.AST]]:
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield f"{path.relative_to(ROOT).as_posix()}:{node.lineno}", node


def bare_participles(files: list[Path]) -> list[str]:
    return [
        f"{place} {node.name}"
        for place, node in definitions(files)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if len(words := words_of(node.name)) == 1 and is_participle(words[0])
    ]


def test_no_function_is_named_by_a_bare_participle():
    assert bare_participles(FILES) == []


@pytest.mark.parametrize("name", ["told", "_heard", "widened", "_matching"])
def test_a_bare_participle_is_seen(name):
    assert is_participle(words_of(name)[0])


@pytest.mark.parametrize("name", ["ping", "seed", "swing", "timings", "feed"])
def test_a_verb_or_a_noun_is_none(name):
    assert not is_participle(name)


def test_a_class_name_means_one_thing():
    places = defaultdict(list)
    for place, node in definitions(FILES):
        if isinstance(node, ast.ClassDef):
            places[node.name.strip("_")].append(place)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_metaphor_stands_in_the_name_of_a_file_a_class_or_a_function():
    named = [(place, node.name) for place, node in definitions(FILES)]
    named += [(path.relative_to(ROOT).as_posix(), path.stem) for path in FILES]
    assert [f"{place} {name}" for place, name in named if METAPHORS & set(words_of(name))] == []
