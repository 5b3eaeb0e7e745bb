import errno
import multiprocessing
import os
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import CacheFailed, Cancelled
from daemon.pipeline.cache import DAY, StageCache, key
from daemon.pipeline.options import Grid, Options
from daemon.pipeline.records import Part, Weights

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=5)
NOBODY = 2**22 + 1  # above the highest process id that Linux gives out


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def space(tmp_path: Path, clock: Clock) -> StageCache:
    return StageCache(tmp_path / "cache", clock)


def fill_result(space: StageCache, name: str, size: int = 10) -> Path:
    return space.obtain("kit", name, lambda folder: _write(folder, b"x" * size))


def _write(folder: Path, data: bytes) -> None:
    (folder / "record.json").write_bytes(data)


def test_nothing_is_recalled_before_it_is_made(space):
    assert space.recall("kit", "k") is None


def test_what_was_made_is_recalled(space):
    made = fill_result(space, "k")
    assert space.recall("kit", "k") == made
    assert (made / "record.json").read_bytes() == b"x" * 10


def test_a_result_is_found_while_it_is_being_made_and_not_before_or_after(space):
    before = space.find_unfinished("kit", "k")
    with space.make("kit", "k") as folder:
        during = space.find_unfinished("kit", "k")
    assert before is None and during == folder and space.find_unfinished("kit", "k") is None


def test_a_result_is_made_once(space):
    calls: list[Path] = []
    for _ in range(2):
        space.obtain("kit", "k", calls.append)
    assert len(calls) == 1


def test_an_unfinished_result_is_not_recalled(space):
    with space.make("kit", "k") as folder:
        assert folder.is_dir()
        assert space.recall("kit", "k") is None


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, Cancelled])
def test_a_result_that_failed_vanishes(space, tmp_path, error):
    with pytest.raises(error), space.make("kit", "k") as folder:
        _write(folder, b"half")
        raise error
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_second_of_two_that_made_the_same_takes_the_first(space):
    with space.make("kit", "k") as late:
        _write(late, b"late")
        with space.make("kit", "k") as early:
            _write(early, b"early")
    assert (space.recall("kit", "k") / "record.json").read_bytes() == b"early"


def test_a_full_disk_fails_the_stage_with_the_remedy(space):
    with pytest.raises(CacheFailed, match="full; make some room"), space.make("kit", "k"):
        raise OSError(28, "No space left on device")


def test_a_cache_that_cannot_be_written_names_the_setting(tmp_path):
    (tmp_path / "cache").write_bytes(b"")
    with pytest.raises(CacheFailed, match="SIDESTICK_FOLDERS__CACHE"):
        fill_result(StageCache(tmp_path / "cache"), "k")


def test_a_cache_that_must_not_be_written_names_the_setting(space):
    def refuse(place):
        raise PermissionError(errno.EACCES, "Permission denied", str(place))

    with pytest.raises(CacheFailed, match=r"permission denied.*folders\.cache"), space.make("kit", "k") as folder:
        refuse(folder / "kick.wav")
    with pytest.raises(PermissionError), space.make("kit", "k"):
        refuse("/elsewhere/Song.wav")


def test_another_error_of_the_disk_is_not_called_a_full_disk(space):
    with pytest.raises(FileNotFoundError), space.make("kit", "k") as folder:
        (folder / "none").read_bytes()


def _fill_slowly(
    root: Path, ready: "multiprocessing.synchronize.Event", go: "multiprocessing.synchronize.Event"
) -> None:
    def fill(folder: Path) -> None:
        ready.set()
        go.wait(20)
        _write(folder, b"the other")

    StageCache(root).obtain("kit", "k", fill)


def test_the_second_process_waits_and_takes_the_result_of_the_first(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, go = context.Event(), context.Event()
    other = context.Process(target=_fill_slowly, args=(tmp_path, ready, go))
    other.start()
    assert ready.wait(20)
    found = StageCache(tmp_path).obtain("kit", "k", lambda folder: _write(folder, b"mine"), waiting=go.set)
    other.join()
    assert (found / "record.json").read_bytes() == b"the other"


def _die_while_filling(root: Path) -> None:
    def fill(folder: Path) -> None:
        _write(folder, b"half")
        os._exit(9)

    StageCache(root).obtain("kit", "k", fill)


def test_a_process_that_dies_blocks_nobody_and_leaves_no_half_result(tmp_path):
    other = multiprocessing.get_context("spawn").Process(target=_die_while_filling, args=(tmp_path,))
    other.start()
    other.join()
    space = StageCache(tmp_path)
    assert (fill_result(space, "k") / "record.json").read_bytes() == b"x" * 10
    assert space.sweep() == 1


def test_who_waits_may_give_up(space, tmp_path):
    def give_up() -> None:
        raise Cancelled

    (tmp_path / "cache" / ".locks").mkdir(parents=True)
    with FileLock(tmp_path / "cache" / ".locks" / "kit-k"), pytest.raises(Cancelled):
        space.obtain("kit", "k", lambda folder: None, give_up)


def leftover(root: Path, pid: int, age: float, clock: Clock) -> Path:
    path = root / "cache" / ".making" / f"separate-abc-{pid}-12345678"
    path.mkdir(parents=True)
    os.utime(path, (clock.now - age,) * 2)
    return path


def test_leftovers_of_a_killed_process_are_swept(space, tmp_path, clock):
    path = leftover(tmp_path, NOBODY, 60, clock)
    assert space.sweep() == 1
    assert not path.exists()


def test_what_a_living_process_makes_is_left_alone(space, tmp_path, clock):
    path = leftover(tmp_path, os.getpid(), 60, clock)
    assert space.sweep() == 0
    assert path.exists()


def test_leftovers_older_than_a_day_are_swept_whoever_made_them(space, tmp_path, clock):
    leftover(tmp_path, os.getpid(), DAY + 1, clock)
    assert space.sweep() == 1


def test_old_locks_are_swept_unless_they_are_held(space, tmp_path, clock):
    for name in ("free", "held"):
        fill_result(space, name)
    locks = tmp_path / "cache" / ".locks"
    for lock in locks.iterdir():
        os.utime(lock, (clock.now - DAY - 1,) * 2)
    with FileLock(locks / "kit-held"):
        os.utime(locks / "kit-held", (clock.now - DAY - 1,) * 2)
        space.sweep()
    assert [lock.name for lock in locks.iterdir()] == ["kit-held"]


def test_results_unused_for_too_long_are_dropped(space, clock):
    fill_result(space, "old")
    clock.now += 2 * DAY
    fill_result(space, "new")
    assert space.retain(DAY, 10**9) == 10
    assert (space.recall("kit", "old"), space.size()) == (None, 10)


def test_the_least_recently_used_go_first_when_room_is_short(space, clock):
    for name in "abc":
        fill_result(space, name)
        clock.now += 60
    space.recall("kit", "a")
    clock.now += 3600
    assert space.retain(DAY, 20) == 10
    assert [name for name in "abc" if space.recall("kit", name)] == ["a", "c"]


def test_results_in_use_are_not_dropped(space, clock):
    began = clock.now
    fill_result(space, "kept")
    clock.now += 2 * DAY
    fill_result(space, "just now")
    assert space.retain(1, 0, began) == 0


def test_a_result_is_measured_once(space, monkeypatch):
    for name in "abc":
        fill_result(space, name)
    assert space.size() == 30
    monkeypatch.setattr(Path, "rglob", lambda *_: pytest.fail("it was measured again"))
    assert (space.size(), space.retain(DAY, 10**9)) == (30, 0)


def test_a_result_that_was_made_again_is_measured_again(space):
    space.forget(fill_result(space, "a"))
    kept = fill_result(space, "b")
    assert space.size() == 10
    space.forget(kept)
    fill_result(space, "a", 70)
    fill_result(space, "b", 20)
    assert space.size() == 90


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"kit/a": "much"}', '{"kit/a": [1, true]}', '{"kit/a": null}', "\udcff"]
)
def test_a_damaged_index_is_made_anew(space, tmp_path, text):
    fill_result(space, "a")
    assert space.size() == 10
    index = tmp_path / "cache" / ".sizes.json"
    index.write_bytes(text.encode(errors="surrogateescape"))
    assert (space.size(), StageCache(tmp_path / "cache").size()) == (10, 10)
    assert "kit/a" in index.read_text()


def test_an_index_that_is_a_folder_costs_only_time(space, tmp_path):
    fill_result(space, "a")
    (tmp_path / "cache" / ".sizes.json").mkdir()
    assert space.size() == 10


def test_an_empty_cache_has_no_size_and_nothing_to_do(space):
    assert (space.size(), space.retain(0, 0), space.sweep()) == (0, 0, 0)


@given(st.dictionaries(st.text(), JSON))
def test_a_key_does_not_depend_on_the_order_of_settings(values):
    assert key("v1", values) == key("v1", dict(reversed(values.items())))


def test_a_key_depends_on_every_part():
    parts = [
        ("kit", 1), ("kit", 2), ("kit", "1"), ("kit", 1, None), (Options(),), (Options(grid=Grid(quantize=False)),),
        (Weights("a"),), (Weights("b"),), ([1, 2],), ([2, 1],),
    ]  # fmt: skip
    assert len({key(*some) for some in parts}) == len(parts)


def test_a_key_is_the_same_on_every_machine():
    assert key("kit", {"b": Part.DRUMS, "a": 0.5}) == "5e1ff481222422d7ae9d69ea1e7c858a"


def test_a_path_is_no_part_of_a_key():
    with pytest.raises(TypeError):
        key(Path("song.wav"))


@pytest.mark.parametrize("name", ["cache", "cache/kit", "cache/.making", "cache/.locks"])
def test_a_file_in_place_of_a_folder_is_named_with_what_to_do(space, tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(CacheFailed) as caught:
        fill_result(space, "k")
    assert f"{tmp_path / name} is a file where a folder is needed: move it away" in str(caught.value)
    assert (tmp_path / name).read_text() == "mine"
    (tmp_path / name).unlink()
    assert fill_result(space, "k").is_dir()


def test_a_file_in_place_of_a_result_is_none_and_the_result_is_made(space, tmp_path):
    (tmp_path / "cache" / "kit").mkdir(parents=True)
    (tmp_path / "cache" / "kit" / "k").write_text("damage")
    assert space.recall("kit", "k") is None
    assert (fill_result(space, "k") / "record.json").is_file()
