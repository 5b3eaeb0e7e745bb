"""Every code of an error or a remark is documented, and every documented one is raised somewhere."""

import ast
import re
from pathlib import Path

import pytest

from bridge.osc.addresses import WIRE_CODES
from daemon.codes import FAILURES, REFUSALS
from daemon.remarks import MEANINGS, OTHER, TEXTS, code_of, remark

ROOT = Path(__file__).parents[1]
RAISERS = ("Rejected", "CallError", "Failure", "Failed")
DOCUMENTED = {*REFUSALS, *FAILURES, *WIRE_CODES}
PLACE = {"problem_response": 1, "fail": 2, "Failed": 1}  # of the code among the arguments; else it is the first
STATUS_PHRASES = {"not_found", "method_not_allowed"}  # what Starlette itself refuses
CODE = re.compile(r"[a-z]+(_[a-z]+)*")


def constants(node):
    """The texts that an argument may be; {} stands for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from (*constants(body), *constants(other))
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)


def name_of(node):
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def codes_in(tree):
    """Codes that are raised, sent, or assigned to something called code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name_of(node) in RAISERS or name_of(node) in PLACE):
            place = PLACE.get(name_of(node), 0)
            yield from (text for each in node.args[place : place + 1] for text in constants(each))
        elif isinstance(node, ast.Call) and name_of(node) == "move":
            yield from (text for word in node.keywords if word.arg == "code" for text in constants(word.value))
        elif isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["code"]:
            yield from constants(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__":
            yield from (text for each in node.args[:1] for text in constants(each) if CODE.fullmatch(text))


def raised():
    files = [path for package in ("daemon", "bridge") for path in (ROOT / package).rglob("*.py")]
    found = {code for path in files for code in codes_in(ast.parse(path.read_text("utf-8")))}
    forms = {code for code in found if "{}" in code}
    named = {code for code in DOCUMENTED for form in forms if re.fullmatch(form.replace("{}", ".+"), code)}
    return (found - forms) | named | STATUS_PHRASES


def test_every_code_that_is_raised_is_documented():
    assert raised() - DOCUMENTED == set()


def test_every_documented_code_is_raised_somewhere():
    assert DOCUMENTED - raised() == set()


def test_every_remark_has_a_meaning_in_the_reference():
    assert TEXTS.keys() == MEANINGS.keys()


@pytest.mark.parametrize(("code", "number"), [(code, n) for code, texts in TEXTS.items() for n in range(len(texts))])
def test_the_code_of_a_remark_is_told_from_its_sentence(code, number):
    fields = re.findall(r"\{(\w+)\}", TEXTS[code][number])
    sentence = remark(code, number, **dict.fromkeys(fields, "Song (final mix).wav, 3:07.4"))
    assert code_of(sentence) == code


def test_words_of_another_version_have_a_code_too():
    assert code_of("Something was different.") == OTHER


def test_every_remark_that_is_made_is_in_the_table():
    files = [path for path in (ROOT / "daemon").rglob("*.py") if path.name != "remarks.py"]
    calls = [
        node for path in files for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
    ]
    made = {node.args[0].value for node in calls if name_of(node) == "remark"}
    assert made == TEXTS.keys()
