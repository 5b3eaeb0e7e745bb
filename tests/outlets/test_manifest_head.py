"""The first lines of a manifest, without the rest."""

import pytest

from daemon.outlets.manifest import StageRun
from daemon.outlets.manifest_head import network_device, revision
from tests import songs


def run(stage: str, model: str, device: str = "cuda", sha256: str = "ab" * 32) -> StageRun:
    return StageRun(stage=stage, model=model, sha256=sha256, device=device)


@pytest.mark.parametrize(
    ("stages", "device"),
    [
        ((), ""),
        ((run("listen", "drum_transcriber"),), ""),
        ((run("separate", "embedded", sha256=""),), ""),
        ((run("separate", "htdemucs"),), "cuda"),
        ((run("separate", "embedded", sha256=""), run("kit", "drumsep6", "mps")), "mps"),
        ((run("kit", "kit network"),), ""),
    ],
)
def test_the_device_is_that_of_the_separation_networks(tmp_path, stages, device):
    path = tmp_path / "Song.sidestick.json"
    songs.manifest().model_copy(update={"stages": stages}).save(path)
    assert network_device(path) == device


def test_the_revision_is_read_without_the_hits(tmp_path):
    path = songs.save_manifest(tmp_path)
    assert revision(path) == 0


@pytest.mark.parametrize("text", ["", "{}", '"history":', '"history":[1]', '"history":{"head":"x"}', "\x00" * 100])
def test_what_is_no_manifest_has_no_revision_and_no_device(tmp_path, text):
    path = tmp_path / "Song.sidestick.json"
    path.write_text(text)
    assert (revision(path), network_device(path)) == (None, "")
    assert revision(tmp_path / "none") is None
