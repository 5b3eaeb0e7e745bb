from pathlib import Path

import numpy as np
import pytest
from demucs.hdemucs import HDemucs

from daemon.backends import demucs
from daemon.backends.checkpoints import Checkpoints
from daemon.backends.device import Device, DeviceKind
from daemon.backends.separate import separate
from daemon.errors import Cancelled, NoWeights, StageFailed
from daemon.pipeline.records import Audio, Part, Stems
from tests import synth
from tests.backends import small_networks


@pytest.fixture
def song(tmp_path: Path) -> Audio:
    samples = synth.play(synth.rock_beat(1), 1.2) + synth.tone(220, 1.2)
    return Audio(synth.write(tmp_path / "song.wav", samples, subtype="FLOAT"), samples.shape[1])


@pytest.fixture
def weights(tmp_path: Path) -> Checkpoints:
    custom = {"mine": small_networks.write(tmp_path / "mine.th"), "words": tmp_path / "words.th"}
    (tmp_path / "words.th").write_text("just words")
    return Checkpoints(tmp_path / "models", offline=True, custom=custom)


def run(song: Audio, weights: Checkpoints, name: str, *parts: Part, report: object = None) -> Stems:
    return separate(
        song,
        parts or (Part.DRUMS,),
        name=name,
        folder=song.path.parent / "stems",
        checkpoints=weights,
        device=Device(),
        report=report or (lambda fraction: None),  # type: ignore[arg-type]
    )


def test_only_the_parts_that_are_asked_for_are_written(song: Audio, weights: Checkpoints) -> None:
    stems = run(song, weights, "mine", Part.BASS, Part.VOCALS)
    assert sorted(each.name for each in (song.path.parent / "stems").iterdir()) == ["bass.wav", "vocals.wav"]
    assert stems.parts[Part.BASS].frames == stems.parts[Part.VOCALS].frames == song.frames


def test_the_weights_are_named_by_their_hash(song: Audio, weights: Checkpoints) -> None:
    model = run(song, weights, "mine").model
    assert (model.name, model.sha256, model.device) == ("mine", weights.sha256("mine"), "cpu")


def test_the_same_song_gives_the_same_stems(song: Audio, weights: Checkpoints) -> None:
    first = run(song, weights, "mine").parts[Part.DRUMS].read()
    np.testing.assert_array_equal(first, run(song, weights, "mine").parts[Part.DRUMS].read())


def test_embedded_stems_add_up_to_the_song(song: Audio, weights: Checkpoints) -> None:
    stems = run(song, weights, "embedded", Part.DRUMS, Part.BASS, Part.VOCALS, Part.OTHER)
    np.testing.assert_allclose(sum(each.read() for each in stems.parts.values()), song.read(), atol=1e-6)


def test_a_separator_asked_for_by_name_fails_without_its_weights(song: Audio, weights: Checkpoints) -> None:
    with pytest.raises(NoWeights, match=r"htdemucs_ft.*offline.*embedded"):
        run(song, weights, "htdemucs_ft")


@pytest.mark.parametrize("name", ["htdemucs", "embedded"])
def test_a_part_that_the_separator_does_not_know_is_refused(song: Audio, weights: Checkpoints, name: str) -> None:
    with pytest.raises(StageFailed, match=f"{name} has no guitar stem. Use separator=htdemucs_6s"):
        run(song, weights, name, Part.GUITAR)


def test_an_unknown_separator_is_refused_with_the_known_ones(song: Audio, weights: Checkpoints) -> None:
    with pytest.raises(NoWeights, match=r"no weights named 'spleeter'.*htdemucs_6s"):
        run(song, weights, "spleeter")


def test_a_file_without_a_network_is_named(song: Audio, weights: Checkpoints) -> None:
    with pytest.raises(StageFailed, match=r"words\.th"):
        run(song, weights, "words")


@pytest.mark.parametrize("name", ["mine", "embedded"])
@pytest.mark.parametrize("stop", [Cancelled, KeyboardInterrupt])
def test_stopping_leaves_no_file(song: Audio, weights: Checkpoints, name: str, stop: type[BaseException]) -> None:
    def report(fraction: float) -> None:
        if fraction > 0.3:
            raise stop

    with pytest.raises(stop):
        run(song, weights, name, report=report)
    assert list((song.path.parent / "stems").iterdir()) == []


def test_only_the_networks_with_a_say_are_needed(song: Audio, tmp_path: Path) -> None:
    (tmp_path / "bag.yaml").write_text("models: [a, b]\nweights: [[1, 0, 0, 0], [0, 1, 1, 1]]\n")
    small_networks.write(tmp_path / "a.th")
    small_networks.write(tmp_path / "b.th", HDemucs)
    weights = Checkpoints(tmp_path, offline=True, custom={"bag": tmp_path / "bag.yaml"})
    alone = Checkpoints(tmp_path, offline=True, custom={"a": tmp_path / "a.th"})
    found = run(song, weights, "bag").parts[Part.DRUMS].read()
    np.testing.assert_allclose(found, run(song, alone, "a").parts[Part.DRUMS].read(), atol=1e-6)


def test_out_of_memory_steps_down_once_and_says_so(
    song: Audio, weights: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Device] = []

    class Tight(demucs.DemucsSeparation):
        def __init__(self, *given: object, device: Device, **more: object) -> None:
            tried.append(device)
            if device.kind is DeviceKind.CUDA:
                raise demucs.OutOfMemory("CUDA out of memory")
            super().__init__(*given, device=device, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(demucs, "DemucsSeparation", Tight)
    gpu = Device(DeviceKind.CUDA, short_segments=True)
    stems = separate(song, [Part.DRUMS], name="mine", folder=song.path.parent / "stems", checkpoints=weights,
                     device=gpu, report=lambda _: None)  # fmt: skip
    assert [each.kind for each in tried] == [DeviceKind.CUDA, DeviceKind.CPU]
    assert stems.model.device == "cpu" and "ran out of memory" in stems.remarks[0]
