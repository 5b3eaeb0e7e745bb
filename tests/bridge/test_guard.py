from collections.abc import Callable

import pytest

from bridge.guard import Guard

GuardLog = Callable[[], list[str]]


def test_what_breaks_is_logged_under_the_name_of_the_item_and_goes_no_further(guard_log: GuardLog) -> None:
    with Guard("Song.wav") as guard:
        raise ZeroDivisionError("oops")
    assert isinstance(guard.error, ZeroDivisionError)
    assert guard_log() == ["Song.wav: something broke (ZeroDivisionError: oops). Please report it."]


def test_what_goes_well_is_not_mentioned(guard_log: GuardLog) -> None:
    with Guard("Song.wav") as guard:
        pass
    assert guard.error is None
    assert guard_log() == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, FileNotFoundError])
def test_interruptions_and_what_is_expected_go_on_up(guard_log: GuardLog, error: type[BaseException]) -> None:
    with pytest.raises(error), Guard("Song.wav", passing=(OSError,)):
        raise error
    assert guard_log() == []
