"""What the personal ear is good for: simulated bands, whose user puts every drum of one song after the other right.

    python -m tests.benchmarks.personal_ear render WORK GROOVES FOLDER
    python -m tests.benchmarks.personal_ear measure FOLDER

`render` needs kits and grooves as docs/developing.md says; a band is a kit that the ear never heard, tuned, in one room
through one mix bus, with six songs. A correction is a hit deleted, added, or moved to another drum.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from daemon.outlets.delivery import DeliverySettings, correct, deliver
from daemon.outlets.ear_memory import EarMemory
from daemon.pipeline.cache import StageCache
from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.records import Drum, Hit
from daemon.pipeline.tools import Tools
from tests.benchmarks.accuracy import match_times
from tests.benchmarks.songs import open_tools
from tests.benchmarks.tables import Table

SONGS, SECONDS = 6, 30.0
WINDOW = 0.05  # seconds, as in accuracy
SAME_MOMENT = 0.03  # seconds between a phantom and a missed stroke that are one relabelled hit
CHOSEN_ON = ("Millo_Drums_v_1", "VariBreaks", "TimGM6mb-8", "machine-TR_808", "TimGM6mb-24", "machine-LM_2")
HELD_OUT = ("osdk", "ForzeeStereo", "ColomboAcousticDrumkit", "Millo_MultiLayered3", "TimGM6mb-0")
LABELS = {"kick": "kick", "snare": "snare", "toms": "mid_tom", "hihat": "closed_hihat", "cymbals": "crash"}
OPTIONS = Options(input="drums", kit="embedded", draft=False)

Truth = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Faults:
    """Against the truth: strokes found, phantoms with their hits, and strokes missed with their drums."""

    found: int
    phantoms: tuple[Hit, ...]
    missed: tuple[tuple[float, str], ...]

    @property
    def f_measure(self) -> float:
        return 2 * self.found / max(1, 2 * self.found + len(self.phantoms) + len(self.missed))

    def pair_moved(self) -> list[tuple[Hit, tuple[float, str]]]:
        """Phantoms that are a missed stroke of another drum."""
        phantoms, missed = sorted(self.phantoms, key=lambda hit: hit.onset), sorted(self.missed)
        pairs = match_times([time for time, _ in missed], [hit.onset for hit in phantoms], SAME_MOMENT)
        return [(phantoms[b], missed[a]) for a, b in pairs]

    @property
    def corrections(self) -> int:
        return len(self.phantoms) + len(self.missed) - len(self.pair_moved())

    def changes(self) -> dict[str, object]:
        """The correction that puts all of it right."""
        moved = self.pair_moved()
        hits, strokes = {hit.id for hit, _ in moved}, {stroke for _, stroke in moved}
        return {
            "hits": {str(hit.id): LABELS[drum] for hit, (_, drum) in moved},
            "delete_hits": [hit.id for hit in self.phantoms if hit.id not in hits],
            "add": [
                {"onset": time, "label": LABELS[drum]} for time, drum in self.missed if (time, drum) not in strokes
            ],
        }


def compare(truth: Truth, hits: Sequence[Hit]) -> Faults:
    found, phantoms, missed = 0, [], []
    for drum, times in truth.items():
        mine = [hit for hit in hits if hit.drum == drum]
        pairs = match_times(times, [hit.onset for hit in mine], WINDOW)
        found += len(pairs)
        right, known = {b for _, b in pairs}, {a for a, _ in pairs}
        phantoms += [hit for i, hit in enumerate(mine) if i not in right]
        missed += [(time, drum) for i, time in enumerate(times) if i not in known]
    return Faults(found, tuple(phantoms), tuple(missed))


@dataclass(frozen=True, slots=True)
class SimulatedUser:
    """Transcribes songs and puts them right. `folder` gets the results."""

    tools: Tools
    memory: EarMemory
    folder: Path

    def hear(self, song: Path, taught: bool) -> Faults:
        """The faults of a song, which is not corrected."""
        return self._work(song, taught)[0]

    def put_right(self, song: Path) -> None:
        faults, manifest = self._work(song, taught=True)
        if faults.corrections:
            correct(manifest, faults.changes(), self._settings)

    def _work(self, song: Path, taught: bool) -> tuple[Faults, Path]:
        ear = self.memory.personal_ear if taught else lambda: None
        made = transcribe(song, OPTIONS, replace(self.tools, personal_ear=ear), lambda *_: None)
        delivery = deliver(made, OPTIONS, self._settings)
        return compare(json.loads(song.with_suffix(".json").read_text()), delivery.arrangement.hits), delivery.manifest

    @property
    def _settings(self) -> DeliverySettings:
        self.folder.mkdir(exist_ok=True)
        return DeliverySettings(self.folder / "locks", self.folder, ear=self.memory)


def measure_bands(folder: Path) -> Iterator[tuple[str, list[tuple[Faults, Faults]], list[tuple[Faults, Faults]]]]:
    """For each band its songs without and with what was learnt before, and songs of other bands with all of it."""
    with open_tools(folder) as tools, TemporaryDirectory() as name:
        tools = replace(tools, cache=StageCache(Path(name) / "cache"))
        bands = sorted({path.name.rpartition("-")[0] for path in folder.glob("*.flac")})
        for band in bands:
            user = SimulatedUser(tools, EarMemory(Path(name) / f"{band}.npz", tools.cache), Path(name) / band)
            own = []
            for number in range(SONGS):
                song = folder / f"{band}-{number}.flac"
                own.append((user.hear(song, False), user.hear(song, True)))
                if number < SONGS - 1:
                    user.put_right(song)
            others = [folder / f"{other}-{SONGS - 1}.flac" for other in bands if _kit(other) != _kit(band)]
            yield band, own, [(user.hear(song, False), user.hear(song, True)) for song in others]


def _kit(band: str) -> str:
    return band.partition(" ")[2]


def band_table(folder: Path) -> Table:
    rows, sums = [], {True: np.zeros((3, 2)), False: np.zeros((3, 2))}
    change = []
    for band, own, others in measure_bands(folder):
        late = own[4:]
        counts = [(own[0][0].corrections, own[0][0].corrections)]
        counts += [tuple(sum(pair[i].corrections for pair in pairs) for i in (0, 1)) for pairs in (own[1:2], late)]
        sums[_kit(band) in HELD_OUT] += np.array(counts)
        before, after = (np.mean([pair[i].f_measure for pair in late]) for i in (0, 1))
        elsewhere = [pair[1].f_measure - pair[0].f_measure for pair in others]
        change += elsewhere
        cells = [f"{old} → {new}" for old, new in counts[1:]]
        rows.append(
            (_kit(band), str(counts[0][0]), *cells, f"{before:.3f} → {after:.3f}", f"{np.mean(elsewhere):+.4f}")
        )
        print(*rows[-1], sep=" | ", flush=True)
    for held_out, name in ((True, "held-out bands together"), (False, "the others together")):
        first, second, late = sums[held_out]
        share = late[1] / max(1, late[0])
        cells = [f"{old:.0f} → {new:.0f}" for old, new in (second, late)]
        rows.append((name, f"{first[0]:.0f}", *cells, f"{100 * share:.0f} % are left", ""))
    note = f"Other kits: F changes by {np.mean(change):+.4f} on average, by {min(change):+.3f} at worst."
    head = ("band", "song 1", "song 2", "songs 5 and 6", "their F", "F of other kits")
    return Table("personal ear", head, tuple(rows), note)


def render_bands(work: Path, grooves: Path, folder: Path) -> None:
    from daemon.training import render
    from daemon.training.grooves import read_grooves
    from daemon.training.kits import read_kit

    render.SECONDS = SECONDS
    played = [groove for groove in read_grooves(grooves, "validate") if groove.duration > SECONDS + 5]
    kits = [read_kit(path) for path in sorted((work / "kits" / "validate").iterdir())]
    folder.mkdir(parents=True, exist_ok=True)
    for number, base in enumerate((*CHOSEN_ON, *HELD_OUT, "osdk")):
        _render_band(folder / f"{number:02d} {base}", number, kits, played)


def _render_band(target: Path, number: int, kits: Sequence[object], played: Sequence[object]) -> None:
    """Kit, room and mix bus are those of the band; the groove and the level are the song's."""
    from daemon.training import render
    from daemon.training.effects import master
    from daemon.training.kit_selection import select_kit
    from daemon.training.resonance import resonate
    from daemon.training.variation import thin_pedal, vary_hats

    rng = np.random.default_rng((4711, number))
    base = target.name.partition(" ")[2]
    pieces = select_kit(rng, [kit for kit in kits if kit.name == base], borrow_chance=0.0)
    rest = [kit for kit in kits if kit.name.startswith(("franken", "perc", "osdk"))]
    pieces = {**select_kit(rng, rest, borrow_chance=1.0), **pieces}
    seeds = rng.integers(2**31, size=4).tolist()
    done = 0
    for which in rng.permutation(len(played)).tolist():
        dice = np.random.default_rng((4711, number, which))
        strikes = vary_hats(dice, thin_pedal(dice, render.cut_excerpt(dice, played[which], 1.0)), chance=0.25)
        if len(strikes) < 60 or done == SONGS:
            continue
        fixed = [np.random.default_rng(seed) for seed in seeds]
        stems, labels = render.render_stems(fixed[0], strikes, pieces)
        stems[-1] += resonate(fixed[1], stems, strikes, pieces, render.PREROLL)
        stems = render.place_in_room(fixed[2], stems)[:, int(render.PREROLL * render.RATE) :]
        truth = _truth(render.drop_masked(stems, render.keep_audible(labels)))
        sound = render.set_level(dice, master(fixed[3], stems.sum(axis=0)))
        path = target.with_name(f"{target.name}-{done}.flac")
        soundfile.write(path, sound, render.RATE)
        path.with_suffix(".json").write_text(json.dumps(truth))
        done += 1


def _truth(labels: Sequence[object]) -> Truth:
    """Per drum the times of its strokes; two in one moment are one."""
    from daemon.training.drum_sounds import STEM_OF_CLASS

    truth: Truth = {drum.value: [] for drum in Drum}
    for label in labels:
        times = truth[tuple(Drum)[STEM_OF_CLASS[label.drum]]]
        if not times or label.time - times[-1] > SAME_MOMENT:
            times.append(round(float(label.time), 5))
    return truth


if __name__ == "__main__":
    if sys.argv[1] == "render":
        render_bands(*map(Path, sys.argv[2:5]))
    else:
        print(band_table(Path(sys.argv[2])).markdown())
