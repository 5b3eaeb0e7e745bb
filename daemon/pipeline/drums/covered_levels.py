"""How loud a stroke was before another drum covered it.

A level is read off the drum's own stem. Under a louder stroke of another drum the stem has lost a part of it, and what
is left tells little: such levels are raised, and the transcriber's own guess has its say in all of them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.drums.bleed import loudest_at
from daemon.pipeline.drums.candidates import THRESHOLD
from daemon.pipeline.records import Candidate, Drum

# Chosen on 48 rendered songs on kits that were trained on and 48 on kits that were not.
HIDDEN = {Drum.KICK: 5.0, Drum.SNARE: 5.0, Drum.TOMS: 8.0, Drum.HIHAT: 8.0, Drum.CYMBALS: 5.0}  # dB lost at the most
HIDES = (4.0, 16.0)  # dB that another drum is louder: where it begins to take a part, and where it takes the most
GUESS = {Drum.KICK: 10.0, Drum.SNARE: 20.0, Drum.TOMS: 10.0, Drum.HIHAT: 20.0, Drum.CYMBALS: 20.0}  # dB from 0 to 1


def estimate_levels(
    found: Mapping[Drum, Sequence[Candidate]], level: Mapping[Drum, NDArray[np.float32]]
) -> dict[Drum, NDArray[np.float32]]:
    """Levels in dB as they were before other drums covered them, with the transcriber's guess against its median."""
    onsets = {drum: np.array([c.onset for c in found[drum]]) for drum in found}
    sure = {drum: np.array([c.strength >= THRESHOLD for c in found[drum]], bool) for drum in found}
    out = {}
    for drum, mine in level.items():
        others = [loudest_at(onsets[drum], onsets[o][sure[o]], level[o][sure[o]]) for o in found if o is not drum]
        covered = np.interp(np.max(others, axis=0) - mine, HIDES, (0.0, HIDDEN[drum]))
        guess = np.array([c.loudness for c in found[drum]])
        usual = float(np.median(guess[sure[drum]])) if sure[drum].any() else guess
        out[drum] = (mine + covered + GUESS[drum] * (guess - usual)).astype(np.float32)
    return out
