"""The tree of errors: its names, its codes, and the picture of it."""

import inspect

import pytest

from daemon import errors

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.SidestickError)]
FAILURES = [kind for kind in KINDS if issubclass(kind, errors.WorkFailed)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_stands_in_the_picture_below_its_parent(kind):
    lines = errors.__doc__.splitlines()
    [depth] = [line.index(kind.__name__) for line in lines if f" {kind.__name__} " in f"{line} "]
    assert depth == 4 * (len(kind.__mro__) - 3)


def test_each_failure_has_a_code_of_its_own():
    codes = [kind.code for kind in FAILURES]
    assert len(set(codes)) == len(codes) == 9
