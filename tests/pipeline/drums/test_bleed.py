"""What lies under another drum is taken for bleed, unless the song says otherwise."""

import numpy as np

from daemon.pipeline.drums.bleed import suppress_bleed
from daemon.pipeline.drums.candidates import THRESHOLD
from daemon.pipeline.records import Candidate, Drum

BEATS = [float(beat) for beat in range(8)]


def strokes(drum, onsets, strength=0.9):
    return [Candidate(onset, drum, str(drum), strength, strength, 0.5) for onset in onsets]


def heard(levels):
    """`levels` is drum to {onset: dB}; the drums that are left as sure."""
    found = {drum: strokes(drum, levels.get(drum, {})) for drum in Drum}
    level = {drum: np.array(list(levels.get(drum, {}).values()), np.float32) for drum in Drum}
    kept = suppress_bleed(found, level)
    return {drum: [c.onset for c in kept[drum] if c.strength >= THRESHOLD] for drum in Drum}


def test_a_hat_far_under_every_kick_is_bleed():
    found = heard({Drum.KICK: dict.fromkeys(BEATS, -3.0), Drum.HIHAT: dict.fromkeys(BEATS, -41.0)})
    assert found[Drum.HIHAT] == []


def test_a_soft_hat_that_is_struck_alone_too_is_believed_under_kicks():
    hats = {onset / 2: -41.0 for onset in range(16)}
    assert heard({Drum.KICK: dict.fromkeys(BEATS, -3.0), Drum.HIHAT: hats})[Drum.HIHAT] == list(hats)


def test_a_snare_under_a_kick_and_softer_than_the_lone_snares_is_its_wires():
    snares = dict.fromkeys((1.0, 3.0, 5.0, 7.0), -6.0) | dict.fromkeys((0.0, 2.0), -18.0)
    kicks = dict.fromkeys((0.0, 2.0, 4.0, 6.0), -6.0)
    assert heard({Drum.KICK: kicks, Drum.SNARE: snares})[Drum.SNARE] == [1.0, 3.0, 5.0, 7.0]


def test_a_snare_as_loud_as_the_lone_ones_stays_on_a_kick():
    snares = dict.fromkeys((1.0, 3.0, 5.0, 7.0, 2.0), -6.0)
    assert 2.0 in heard({Drum.KICK: dict.fromkeys((0.0, 2.0), -3.0), Drum.SNARE: snares})[Drum.SNARE]


def test_a_ghost_note_by_itself_stays_however_soft():
    snares = dict.fromkeys((1.0, 3.0, 5.0, 7.0), -6.0) | {2.5: -26.0}
    assert 2.5 in heard({Drum.KICK: dict.fromkeys((0.0, 2.0), -3.0), Drum.SNARE: snares})[Drum.SNARE]
