"""The files of a delivery that need sound: stems, the backing track, the picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import DiskFailed
from daemon.files import describe_os_error
from daemon.outlets import naming
from daemon.outlets.naming import OutputKind
from daemon.outlets.plot import write_plot
from daemon.outlets.stems import StemSound, backing_track, common_gain, gain_remark, write_sound
from daemon.pipeline.chain import Transcription
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid, Hit, Part

PICTURE = naming.plot_kind("svg")


@dataclass(frozen=True, slots=True)
class Media:
    """What `options` ask for beside the MIDI of `result`."""

    result: Transcription
    options: Options

    def sounds(self) -> dict[OutputKind, StemSound]:
        """Every sound file by its kind."""
        return dict(self._sounds())

    def kinds(self) -> tuple[OutputKind, ...]:
        return (*self.sounds(), *([PICTURE] if self.options.plot else []))

    def write(self, paths: Mapping[OutputKind, Path], hits: Sequence[Hit], grid: BeatGrid) -> tuple[str, ...]:
        """Write every kind to its path; `hits` on `grid` are what the picture shows. Raises DiskFailed.

        The remarks are for the user.
        """
        if self.options.plot:
            source, stems = self.result.source, self.result.stems
            shown = stems.parts.get(Part.DRUMS, source.audio) if stems else source.audio
            write_plot(paths[PICTURE], source.path.stem, hits, grid, shown)
        sounds, form = self.sounds(), self.sound_format
        gain = common_gain(sounds.values(), form)
        for kind, sound in sounds.items():
            _make_folder(paths[kind].parent)
            write_sound(sound, paths[kind], form, gain)
        return (*self._missing_stems(), *([gain_remark(gain, form)] if gain < 1 else []))

    def _missing_stems(self) -> Iterator[str]:
        """What was asked for and cannot be, because the song was not taken apart."""
        wanted = [name for name, on in (("stems", self.options.stems), ("backing track", self.options.backing)) if on]
        if wanted and not self.result.stems:
            name, part = self.result.source.path.name, self.options.input
            kind = {"drums": "drum stem", "other": "stem"}.get(part, f"{part} stem")
            yield f"{name} is a {kind} already, so no {' and no '.join(wanted)} came of it."

    @property
    def sound_format(self) -> str:
        return self.options.stems or "wav"

    def _sounds(self) -> Iterator[tuple[OutputKind, StemSound]]:
        stems, kit = self.result.stems, self.result.kit
        if stems and self.options.stems:
            yield from (
                (naming.stem_kind(part, self.sound_format), StemSound(audio)) for part, audio in stems.parts.items()
            )
        if kit and self.options.stems and self.options.kit_stems:
            yield from (
                (naming.stem_kind(drum, self.sound_format), StemSound(audio)) for drum, audio in kit.drums.items()
            )
        if stems and self.options.backing and Part.DRUMS in stems.parts:
            mix = self.result.source.audio
            yield naming.backing_kind(self.sound_format), backing_track(mix, stems.parts[Part.DRUMS])


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise DiskFailed(f"{folder} could not be made: {describe_os_error(error)}.") from error
