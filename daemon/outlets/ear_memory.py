"""What the personal ear was taught: the strokes of corrected songs, in one file of the state folder of this machine.

A song is there as it is corrected now: another correction replaces what it taught before, and a song whose corrections
were all taken back teaches nothing. What is damaged is begun anew.
"""

import hashlib
import io
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from daemon.errors import DiskFailed
from daemon.files import write_atomically
from daemon.outlets.manifest import Manifest
from daemon.pipeline.cache import StageCache
from daemon.pipeline.drums.personal_ear import PersonalEar, StrokeExamples
from daemon.pipeline.drums.strokes import load_strokes
from daemon.pipeline.records import Drum, Hit
from daemon.pipeline.stages import HITS

EAR_FILE = "ear.npz"  # in the state folder
REACH = 0.05  # seconds between a candidate and the stroke that it is, as strokes are matched in the literature
MOST_SONGS = 24  # the oldest one goes; by hand
MOST_STROKES = 300  # examples of a drum from one song, those first that were corrected; by hand
_log = logging.getLogger("sidestick.ear")
_DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile)


@dataclass(frozen=True, slots=True)
class TaughtSong:
    """What one song taught. `corrected` counts the examples of each drum that the ear had got wrong."""

    digest: str
    name: str
    corrected: dict[Drum, int]
    examples: Mapping[Drum, StrokeExamples]

    @property
    def counts(self) -> dict[Drum, int]:
        return {drum: len(each.labels) for drum, each in self.examples.items()}


class EarMemory:
    """The file at `path`, and the stage cache `cache` where the strokes of songs lie. For any process."""

    def __init__(self, path: Path, cache: StageCache) -> None:
        self.path, self._cache = path, cache
        self._lock = FileLock(path.with_suffix(".lock"))

    def songs(self) -> tuple[TaughtSong, ...]:
        """The oldest first; none if nothing was taught."""
        try:
            return tuple(_decode(self.path.read_bytes()))
        except _DAMAGED:
            return ()

    def personal_ear(self) -> PersonalEar | None:
        """What the next song is heard with; None as long as nothing was taught."""
        songs = self.songs()
        if not songs:
            return None
        digest = hashlib.sha256(_encode(songs)).hexdigest()
        return PersonalEar(digest, tuple(song.examples for song in songs))

    def learn(self, manifest: Manifest, corrected: Sequence[Hit]) -> None:
        """Take over how the drums of a song stand now. Nothing without its strokes, as of a draft or an old song.

        A disk that refuses is no reason to fail: the correction itself was written.
        """
        song, digest = self._read_song(manifest, corrected), manifest.source.sha256
        try:
            with self._lock_file():
                before = self.songs()
                others = tuple(each for each in before if each.digest != digest)
                if song or len(others) < len(before):
                    write_songs(self.path, (*others, song)[-MOST_SONGS:] if song else others)
        except (DiskFailed, OSError) as error:
            _log.warning("The ear did not learn from %s: %s", manifest.source.name, error)

    def forget(self) -> int:
        """Forget everything, and say how many songs that was. Raises OSError."""
        with self._lock_file():
            count = len(self.songs())
            self.path.unlink(missing_ok=True)
        return count

    def _read_song(self, manifest: Manifest, corrected: Sequence[Hit]) -> TaughtSong | None:
        heard = manifest.original_records().hits
        if _plain(heard, manifest.thresholds) == _plain(corrected, {}) or not manifest.strokes:
            return None
        folder = self._cache.recall(HITS.name, manifest.strokes)
        try:
            found = list(load_strokes(folder / "strokes.npz")) if folder else []
        except _DAMAGED:
            return None
        labels = {hit.id: hit.label for hit in heard}
        examples, wrong = {}, {}
        for drum, onsets, strength, sounds in found:
            mine = [hit for hit in corrected if hit.drum is drum]
            which = match_strokes(onsets, strength, [hit.onset for hit in mine])
            names = ["" if hit < 0 else mine[hit].label for hit in which]
            told = np.array([hit >= 0 and labels.get(mine[hit].id) != mine[hit].label for hit in which], bool)
            missed = np.array([(value >= 0.5) != bool(name) for value, name in zip(strength, names, strict=True)], bool)
            rows = _choose_rows(missed | told, strength)
            examples[drum] = StrokeExamples(strength[rows], tuple(names[row] for row in rows), told[rows], sounds[rows])
            wrong[drum] = int((missed | told).sum())
        if not any(wrong.values()):
            return None
        return TaughtSong(manifest.source.sha256, manifest.source.name, wrong, examples)

    def _lock_file(self) -> FileLock:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._lock


def write_songs(path: Path, songs: Sequence[TaughtSong]) -> None:
    """The file of these songs, whole, and the user's alone. Raises DiskFailed."""
    write_atomically(path, _encode(songs), mode=0o600)


def match_strokes(onsets: NDArray[np.float64], strength: NDArray[np.float32], strokes: Sequence[float]) -> list[int]:
    """For each candidate the stroke that it is, -1 where it is none: each stroke takes the strongest within REACH."""
    found, taken = [-1] * len(onsets), set()
    for number, onset in enumerate(strokes):
        near = [i for i in np.flatnonzero(np.abs(onsets - onset) <= REACH).tolist() if i not in taken]
        if near:
            best = min(near, key=lambda i: (strength[i] < 0.5, abs(float(onsets[i]) - onset)))
            found[best] = number
            taken.add(best)
    return found


def _plain(hits: Sequence[Hit], thresholds: Mapping[Drum, float]) -> Counter[tuple[float, str]]:
    return Counter((hit.onset, hit.label) for hit in hits if hit.strength >= thresholds.get(hit.drum, 0.0))


def _choose_rows(corrected: NDArray[np.bool_], strength: NDArray[np.float32]) -> NDArray[np.int64]:
    """Corrected ones, then those that the ear was least sure of, in their order."""
    doubt = np.where(corrected, 1.0, 0.5 - np.abs(strength - 0.5))
    return np.sort(np.argsort(-doubt, kind="stable")[:MOST_STROKES])


def _encode(songs: Sequence[TaughtSong]) -> bytes:
    head = [{"digest": s.digest, "name": s.name, "corrected": s.corrected} for s in songs]
    arrays: dict[str, NDArray[np.generic]] = {}
    for number, song in enumerate(songs):
        for drum, each in song.examples.items():
            place = f"{number}/{drum}"
            arrays[f"{place}/strength"], arrays[f"{place}/sounds"] = each.strength, each.sounds
            arrays[f"{place}/labels"], arrays[f"{place}/told"] = np.array(each.labels, "U24"), each.told
    file = io.BytesIO()
    np.savez(file, head=np.array(json.dumps(head)), **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _decode(data: bytes) -> Iterator[TaughtSong]:
    with np.load(io.BytesIO(data)) as found:
        for number, row in enumerate(json.loads(str(found["head"]))):
            drums = [drum for drum in Drum if f"{number}/{drum}/strength" in found]
            examples = {
                drum: StrokeExamples(
                    found[f"{number}/{drum}/strength"],
                    tuple(found[f"{number}/{drum}/labels"].tolist()),
                    found[f"{number}/{drum}/told"],
                    found[f"{number}/{drum}/sounds"],
                )
                for drum in drums
            }
            counts = {Drum(name): int(count) for name, count in row["corrected"].items()}
            yield TaughtSong(row["digest"], row["name"], counts, examples)
