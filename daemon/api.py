"""The Python API: a song in, what was heard out, by the pipeline of the command line and without the daemon.

    from daemon import transcribe

    song = transcribe("Song.wav", parts="all", stems="wav")
    song.to_midi("Song.mid")

Conventions: times are seconds of the source, sound is float32 of shape (channels, frames) at 44.1 kHz, pitches are MIDI
notes (60 is C4), velocities 1 to 127, levels dB below full scale.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from bridge.drum_map import DrumMap
from bridge.timebase import Seconds
from daemon import config, factories
from daemon.errors import Rejected, SidestickError, StageFailed
from daemon.extras import install_command
from daemon.files import write_atomically
from daemon.jobs.admission import merge_options
from daemon.outlets.arrange import Arrangement, arrange
from daemon.outlets.delivery import drum_map, make_manifest
from daemon.outlets.note_files import midi_bytes
from daemon.pipeline import chain
from daemon.pipeline.options import Options
from daemon.pipeline.pitched.harmony import Chord
from daemon.pipeline.records import Audio, BeatGrid, Drum, Hit, Part
from daemon.score.note_cleanup import WrittenNote

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pretty_midi
    from numpy.typing import NDArray

__all__ = ["Rejected", "SidestickError", "StageFailed", "TranscribedSong", "transcribe"]

Progress = Callable[[str, float], None]
_MOST_CHANNELS = 8  # more than these are frames given as channels


@dataclass(frozen=True, slots=True)
class TranscribedSong:
    """What was heard in one song.

    `hits` by onset, each with drum, label, level, velocity, confidence; `hit_times` are where the grid puts them.
    `notes` has the notes of each pitched part that was asked for. `grid` has the beats, the bars and the bpm.
    `stems` has what was separated, `kit` the drum stem taken apart: `stems["bass"].read()` is (channels, frames) at
    44.1 kHz, from the cache, so read it before the cache's limits drop it. `remarks` are sentences for people.
    """

    arrangement: Arrangement
    stems: Mapping[Part, Audio]
    kit: Mapping[Drum, Audio]
    remarks: tuple[str, ...]
    drum_map: DrumMap

    @property
    def hits(self) -> tuple[Hit, ...]:
        return self.arrangement.hits

    @property
    def hit_times(self) -> tuple[Seconds, ...]:
        return self.arrangement.times

    @property
    def notes(self) -> Mapping[Part, tuple[WrittenNote, ...]]:
        return self.arrangement.notes

    @property
    def grid(self) -> BeatGrid:
        return self.arrangement.grid

    @property
    def key(self) -> str | None:
        """Such as "A minor"; None if it is not sure or was not asked for."""
        harmony = self.arrangement.harmony
        return harmony.key.name if harmony and harmony.key.confidence > 0 else None

    @property
    def chords(self) -> tuple[Chord, ...]:
        """Each with onset and duration in seconds and its name; empty if they were not asked for."""
        harmony = self.arrangement.harmony
        return harmony.chords if harmony else ()

    def to_midi(self, path: str | os.PathLike[str]) -> Path:
        """Write all parts to one .mid file, with tempo map and markers. Raises StageFailed when the disk refuses."""
        target = Path(path)
        write_atomically(target, self._midi_bytes())
        return target

    def to_pretty_midi(self) -> "pretty_midi.PrettyMIDI":
        """The same file as an object of pretty_midi. Raises Rejected where that is not installed."""
        try:
            from pretty_midi import PrettyMIDI
        except ImportError:
            reason = f"to_pretty_midi needs pretty_midi. Add it with: {install_command(['classic'])}"
            raise Rejected("no_package", reason) from None
        return PrettyMIDI(BytesIO(self._midi_bytes()))

    def _midi_bytes(self) -> bytes:
        parts = self.arrangement.options.parts
        return midi_bytes(self.arrangement, self.drum_map, parts[0] if len(parts) == 1 else None)


def transcribe(
    source: "str | os.PathLike[str] | NDArray[np.floating | np.integer]",
    rate: int | None = None,
    *,
    progress: Progress | None = None,
    **options: Any,
) -> TranscribedSong:
    """Hits, notes, beats, stems, key and chords of a song.

    `source` is a file that the command line takes too, or samples of shape (frames,) or (channels, frames) with their
    `rate` in Hz: floats of full scale 1, or signed integers. `options` have the names of a request: input="drums",
    parts="all", separator="embedded", bpm=120, grid={"step": "1/8"}, stems="wav" for every stem, and so on; what is not
    given is as the settings file says. `progress` hears the stage and its fraction 0..1, and what it raises stops the
    work. Results are cached by content, as for the command line.

    Raises Rejected for a source or an option that cannot be used, StageFailed for work that cannot be done.
    """
    settings = config.load().settings
    asked = Options.read(merge_options(settings.options.model_dump(), options))
    factories.check_options(asked, settings)
    with _as_file(source, rate) as path, factories.open_tools(settings) as tools:
        result = chain.transcribe(path, asked, tools, progress or (lambda *_: None))
    return TranscribedSong(
        arrangement=arrange(make_manifest(result, asked)),
        stems=result.stems.parts if result.stems else {},
        kit=result.kit.drums if result.kit else {},
        remarks=result.remarks,
        drum_map=drum_map(asked.drum_map, settings.drum_maps),
    )


@contextmanager
def _as_file(source: "str | os.PathLike[str] | NDArray[Any]", rate: int | None) -> "Iterator[Path]":
    """The file itself, or one with the samples that is gone afterwards: the pipeline keeps its own."""
    if isinstance(source, str | os.PathLike):
        if rate is not None:
            raise Rejected("bad_audio", "A file tells its own rate. Leave it out, or give samples.")
        yield Path(source)
        return
    samples = _check_samples(source)
    if rate is None or rate <= 0:
        raise Rejected("bad_audio", f"Samples need their rate in Hz: transcribe(samples, 44100), not {rate}.")
    import soundfile

    with TemporaryDirectory(prefix="sidestick-") as folder:
        path = Path(folder) / "samples.wav"
        soundfile.write(path, samples.T, int(rate), subtype="FLOAT")
        yield path


def _check_samples(source: Any) -> "NDArray[np.float32]":
    """(channels, frames), full scale 1."""
    import numpy as np

    samples = np.atleast_2d(np.asarray(source))
    if samples.dtype.kind not in "fi":
        reason = f"Samples are floats or signed integers, not {samples.dtype}. Give a path, or such an array."
        raise Rejected("bad_audio", reason)
    if samples.ndim != 2 or not 1 <= samples.shape[0] <= _MOST_CHANNELS:
        hint = " Did you mean its transpose?" if samples.ndim == 2 and samples.shape[1] <= _MOST_CHANNELS else ""
        raise Rejected(
            "bad_audio", f"Samples have the shape (frames,) or (channels, frames), not {samples.shape}.{hint}"
        )
    scale = 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max) + 1
    return (samples / scale).astype(np.float32)
