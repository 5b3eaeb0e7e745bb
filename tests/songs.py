"""A small song as the drum transcriber would give it: three drums, two candidates, known times."""

from pathlib import Path

from bridge.timebase import Seconds
from daemon.outlets.manifest import Manifest, SourceFile
from daemon.outlets.manifest_tables import HitTable
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid, Cluster, Drum, Hit
from daemon.score.changes import Detections

LABELS = {Drum.KICK: "kick", Drum.SNARE: "snare", Drum.HIHAT: "closed_hihat"}
DURATION = Seconds(10.0)


def hit(number: int, drum: Drum, *, strength: float = 0.8, velocity: int = 90, cluster: int | None = None) -> Hit:
    own = list(LABELS).index(drum)
    return Hit(
        id=number,
        onset=Seconds(number * 0.5),
        drum=drum,
        label=LABELS[drum],
        level=-12.5,
        velocity=velocity,
        strength=strength,
        confidence=0.75,
        cluster=own if cluster is None else cluster,
    )


def detected_song() -> Detections:
    """Hits 0-8 go round kick, snare, closed hi-hat; 9 and 10 are candidates of the snare."""
    drums = list(LABELS)
    hits = [hit(number, drums[number % 3]) for number in range(9)]
    faint = [hit(9, Drum.SNARE, strength=0.2, cluster=-1), hit(10, Drum.SNARE, strength=0.4, cluster=-1)]
    clusters = tuple(
        Cluster(i, drum, LABELS[drum], confidence=0.6, count=3, velocity=90.0, typical=i, time=Seconds(i / 2))
        for i, drum in enumerate(drums)
    )
    return Detections(tuple(hits + faint), clusters, dict.fromkeys(drums, 0.5), DURATION)


def manifest(name: str = "Song.wav", folder: str = ".") -> Manifest:
    found = detected_song()
    return Manifest(
        sidestick="0.1.0",
        source=SourceFile(name=name, folder=folder, sha256="ab" * 32, duration=found.duration),
        options=Options(),
        grid=BeatGrid((Seconds(0.0), Seconds(0.5)), (0,), 120.0),
        thresholds=found.thresholds,
        clusters=found.clusters,
        hits=HitTable.of(found.hits),
    )


def save_manifest(folder: Path, name: str = "Song.wav", at: str = "Song.sidestick.json") -> Path:
    path = folder / at
    manifest(name).save(path)
    return path
