"""The shared cache: what one machine has made the others find, and what two make at once is published once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from daemon.distributed.shared_cache import LEASE_SECONDS, SharedCache

NOW = 1_700_000_000.0


def machine(store, tmp_path, name, **more):
    return SharedCache(tmp_path / name, store, name, **more)


def write(text):
    def fill(folder):
        (folder / "record.json").write_text(text)
        (folder / "sounds").mkdir()
        (folder / "sounds/drums.flac").write_bytes(b"sound" * 100)

    return fill


def refuse(_folder):
    raise AssertionError("it was made already")


def manifests(store):
    return [found.path for found in store.list("stages/") if found.path.endswith("manifest.json")]


def test_another_machine_finds_what_was_made(store, tmp_path):
    machine(store, tmp_path, "one").obtain("hits", "k1", write("one"))
    found = machine(store, tmp_path, "two").obtain("hits", "k1", refuse)
    assert (found / "record.json").read_text() == "one" and found.is_relative_to(tmp_path / "two")
    assert (found / "sounds/drums.flac").read_bytes() == b"sound" * 100


def test_what_nobody_made_is_not_recalled(store, tmp_path):
    assert machine(store, tmp_path, "one").recall("hits", "k1") is None


def test_a_result_is_published_once_whoever_makes_it(tmp_path, store):
    """Without leases, so that each of them makes it: the first manifest holds, on every machine."""

    def make(number):
        cache = machine(store, tmp_path, f"m{number}", clock=lambda: NOW + 2 * LEASE_SECONDS * number)
        return (cache.obtain("hits", "k1", write(f"by {number}")) / "record.json").read_text()

    with ThreadPoolExecutor(6) as pool:
        got = set(pool.map(make, range(6)))
    assert len(got) == 1 and len(manifests(store)) == 1
    kept = {found.path.split("/")[3] for found in store.list("stages/hits/k1/")} - {"manifest.json"}
    assert kept == {json.loads(store.read(manifests(store)[0]))["attempt"]}


def test_one_machine_works_while_the_other_waits(tmp_path, store):
    made = []

    def make(number):
        cache = machine(store, tmp_path, f"m{number}", sleep=lambda _: None)
        cache.obtain("hits", "k1", lambda folder: (made.append(number), write("x")(folder)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(4)))
    assert len(made) == 1 and list(store.list("leases/")) == []


def test_the_lease_of_a_machine_that_died_runs_out(tmp_path, store):
    token = json.dumps({"owner": "dead", "token": "t", "until": NOW + LEASE_SECONDS}).encode()
    store.write("leases/hits/k1", token)
    moment = [NOW]

    def sleep(_seconds):
        moment[0] += LEASE_SECONDS / 3

    cache = machine(store, tmp_path, "one", clock=lambda: moment[0], sleep=sleep)
    assert cache.obtain("hits", "k1", write("one")).is_dir()
    assert moment[0] - NOW == pytest.approx(LEASE_SECONDS, abs=1.0)


@pytest.mark.parametrize("damage", [b"{", b"[]", b"{}", b'{"attempt": "x", "files": {"../../out": [1, "00"]}}'])
def test_a_damaged_manifest_is_made_again(tmp_path, store, damage):
    store.write("stages/hits/k1/manifest.json", damage)
    found = machine(store, tmp_path, "one").obtain("hits", "k1", write("new"))
    assert (found / "record.json").read_text() == "new"
    again = machine(store, tmp_path, "two").recall("hits", "k1")
    assert again and (again / "record.json").read_text() == "new"


def test_a_damaged_object_is_made_again(tmp_path, store):
    machine(store, tmp_path, "one").obtain("hits", "k1", write("one"))
    sound = next(found.path for found in store.list("stages/") if found.path.endswith("drums.flac"))
    store.write(sound, b"noise" * 100)
    found = machine(store, tmp_path, "two").obtain("hits", "k1", write("again"))
    assert (found / "record.json").read_text() == "again"


def test_a_failure_leaves_no_lease_and_no_result(tmp_path, store):
    def fail(_folder):
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        machine(store, tmp_path, "one").obtain("hits", "k1", fail)
    assert list(store.list()) == []
