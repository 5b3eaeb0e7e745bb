"""The file of the classic recipe: notes as pretty_midi writes them, in the layout that Basic Pitch published.

One electric piano in seconds at one tempo; with several bends at once an instrument for each pitch, because a bend in
MIDI bends a whole channel.
"""

from collections import defaultdict
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from daemon.errors import Rejected
from daemon.extras import install_command
from daemon.score.note_cleanup import WrittenNote

_PROGRAM = "Electric Piano 1"
_UNITS = 4096  # of a bend, a semitone
_LOWEST, _HIGHEST = -8192, 8191


def to_bytes(notes: Sequence[WrittenNote], *, bpm: float, multiple_bends: bool) -> bytes:
    """The .mid file of `notes`. Raises Rejected where pretty_midi is not installed."""
    try:
        import pretty_midi
    except ImportError:
        reason = f"Files of the classic recipe need pretty_midi. Add it with: {install_command(['classic'])}"
        raise Rejected("no_package", reason) from None
    program = pretty_midi.instrument_name_to_program(_PROGRAM)
    instruments: dict[int, Any] = defaultdict(lambda: pretty_midi.Instrument(program))
    for note in notes:
        instrument = instruments[note.pitch if multiple_bends else 0]
        instrument.notes.append(pretty_midi.Note(note.velocity, note.pitch, note.time, note.time + note.duration))
        for bend in note.bends:
            units = min(_HIGHEST, max(_LOWEST, round(_UNITS * bend.semitones)))
            instrument.pitch_bends.append(pretty_midi.PitchBend(units, bend.time))
    midi, file = pretty_midi.PrettyMIDI(initial_tempo=bpm), BytesIO()
    midi.instruments.extend(instruments.values())
    midi.write(file)
    return file.getvalue()
