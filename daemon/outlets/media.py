"""The files of a delivery that need sound: stems, the backing track, the picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from daemon.errors import DiskFailed
from daemon.files import is_full
from daemon.outlets import naming
from daemon.outlets.naming import OutputKind
from daemon.outlets.plot import write_plot
from daemon.outlets.stem_quality import find_quality
from daemon.outlets.stems import StemSound, backing_track, common_gain, gain_remark, write_sound
from daemon.pipeline.chain import Transcription
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid, Hit, Part
from daemon.remarks import remark

PICTURE = naming.plot_kind("svg")


@dataclass(frozen=True, slots=True)
class EncodedSounds:
    """Where the sound files wait for their places; the remarks are for the user."""

    files: Mapping[OutputKind, Path]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Media:
    """What `options` ask for beside the MIDI of `result`, with `padding` seconds of silence before it."""

    result: Transcription
    options: Options
    padding: float = 0.0

    def sounds(self) -> dict[OutputKind, StemSound]:
        """Every sound file by its kind."""
        return dict(self._sounds())

    def encode(self, folder: Path) -> "EncodedSounds":
        """Every sound file, in `folder` under a name of its own, or none and a remark where they have no room.

        Raises StageFailed and DiskFailed.
        """
        sounds, form = self.sounds(), self.sound_format
        quality = find_quality(self.result.source.path, form) if sounds and self.options.stems_as_source else None
        gain = common_gain(sounds.values(), form, whole_numbers=bool(quality and quality.is_whole_numbers))
        files = {kind: folder / f"{number}.{form}" for number, kind in enumerate(sounds)}
        try:
            for kind, sound in sounds.items():
                write_sound(sound, files[kind], form, gain, quality)
        except DiskFailed as error:
            if not is_full(error):
                raise
            for file in files.values():  # a .mid is small and may have room yet
                file.unlink(missing_ok=True)
            return EncodedSounds({}, (remark("no_room", what=" and the ".join(self._asked_sounds())),))
        return EncodedSounds(files, (*self._missing_stems(), *([gain_remark(gain, form)] if gain < 1 else [])))

    def draw(self, picture: Path, hits: Sequence[Hit], grid: BeatGrid) -> None:
        """The picture shows `hits` on `grid`. Raises DiskFailed."""
        source, stems = self.result.source, self.result.stems
        shown = stems.parts.get(Part.DRUMS, source.audio) if stems else source.audio
        write_plot(picture, source.path.stem, hits, grid, shown)

    def _missing_stems(self) -> Iterator[str]:
        """What was asked for and cannot be, because the song was not taken apart."""
        wanted = self._asked_sounds()
        if wanted and not self.result.stems:
            name, part = self.result.source.path.name, self.options.input
            kind = {"drums": "drum stem", "other": "stem"}.get(part, f"{part} stem")
            yield remark("no_stems", name=name, kind=kind, what=" and no ".join(wanted))

    def _asked_sounds(self) -> list[str]:
        return [name for name, on in (("stems", self.options.stems), ("backing track", self.options.backing)) if on]

    @property
    def sound_format(self) -> str:
        return self.options.stems or "wav"

    def _sounds(self) -> Iterator[tuple[OutputKind, StemSound]]:
        stems, kit, form, padded = self.result.stems, self.result.kit, self.sound_format, self.padding > 0
        frames = round(self.padding * self.result.source.audio.rate)
        wanted = dict(stems.parts) if stems and self.options.stems else {}
        if names := self.options.stem_names:
            wanted = {part: audio for part, audio in wanted.items() if part in names}
        kit_stems = dict(kit.drums) if kit and self.options.stems and self.options.kit_stems else {}
        for name, audio in (*wanted.items(), *kit_stems.items()):
            yield naming.stem_kind(name, form, padded), StemSound(audio, padding=frames)
        if stems and self.options.backing and Part.DRUMS in stems.parts:
            backing = backing_track(self.result.source.audio, stems.parts[Part.DRUMS])
            yield naming.backing_kind(form, padded), replace(backing, padding=frames)
