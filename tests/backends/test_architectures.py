"""The layers that are drawn are those that are in the files."""

from collections import Counter

import onnx
import pytest

from daemon.backends.architectures import DRUM_TRANSCRIBER, KIT_NETWORK, NOTE_TRANSCRIBER, architecture_of
from daemon.pipeline.options import Options
from daemon.pipeline.records import Part
from daemon.weights import DRUM_TRANSCRIBER_WEIGHTS, KIT_NETWORK_WEIGHTS, NOTE_TRANSCRIBER_WEIGHTS

# Where the exported graphs have a layer of each group: the first convolution of it.
PLACES = (
    (DRUM_TRANSCRIBER, DRUM_TRANSCRIBER_WEIGHTS, {
        "encoder": "/net/encoder/layers.", "time": "/dilated/", "head": ("/net/strength/", "/net/velocity/",
        "/net/articulation/articulation.0/", "/net/opening/opening.0/")}),
    (KIT_NETWORK, KIT_NETWORK_WEIGHTS, {
        "encoder": ("/net/lift/", "/net/down."), "time": "/look/", "decoder": "/blend/", "head": "/net/head/"}),
    (NOTE_TRANSCRIBER, NOTE_TRANSCRIBER_WEIGHTS, {"encoder": "/net/encoder/", "time": "/dilated/", "head": "/heads/"}),
)  # fmt: skip


@pytest.mark.parametrize(("architecture", "weights", "places"), PLACES, ids=lambda each: getattr(each, "name", ""))
def test_as_many_layers_are_drawn_as_the_file_has(architecture, weights, places):
    names = [node.name for node in onnx.load(str(weights)).graph.node if node.op_type == "Conv"]
    counts = Counter()
    for group, words in places.items():
        counts[group] = sum(
            any(word in name for word in ([words] if isinstance(words, str) else words)) for name in names
        )
    assert counts == dict(architecture.groups)


def test_each_step_has_the_network_that_it_asks():
    def found(step, **options):
        known = architecture_of(step, Options(**options), lambda name: None)
        return known.name if known else ""

    assert found("draft") == found("listen") == "the drum transcriber" and found("kit") == "the kit network"
    assert found("bass", parts=[Part.BASS]) == "the note transcriber" and found("listen", parts=[Part.BASS]) == ""
    assert found("piano", parts=[Part.PIANO]) == "the note transcriber and Basic Pitch"
    assert found("separate") == found("beats") == found("") == ""
