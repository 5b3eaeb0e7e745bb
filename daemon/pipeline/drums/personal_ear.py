"""The personal ear: what a user's corrections of earlier songs say about the strokes of this one.

Every candidate of a corrected song is an example: how it sounded, how strong the ear found it, and what it is. Songs
whose kit sounds otherwise are not asked. What the ear got wrong is learnt by kernel ridge regression, so that an
example speaks for what sounds like it. A label that was corrected goes to what sounds like those strokes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.records import Drum

# Squared distances of two spectra, in squared nepers. ALIKE is where two sounds have little to say about each other,
# SAME_KIT how far the strokes of a song lie from those of another on the same kit (median 38, of other kits 113; one
# song in thirty takes another kit for its own). DOUBT is what one example counts against the ear.
# Chosen on six rendered bands of six songs; for SAME_KIT six more were looked at.
ALIKE = 110.0
SAME_KIT = 49.0
DOUBT = 0.1
MOST = 1500  # examples of a drum that are asked, the latest ones: they take a tenth of a second; by hand
FEWEST = 3  # strokes of a drum by which a kit is known again; by hand, as are the next
VOTERS = 5  # examples that give a label, the nearest
NEAR = 0.3  # of 1, how alike the nearest must be to give its label

Floats = NDArray[np.float32]
Sounds = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class StrokeExamples:
    """Candidates of one drum, in rows. `labels` are '' where there is no stroke; `told` says that the user named it."""

    strength: Floats
    labels: tuple[str, ...]
    told: NDArray[np.bool_]
    sounds: Sounds

    @property
    def is_stroke(self) -> NDArray[np.bool_]:
        return np.array([bool(label) for label in self.labels], bool)


KitExamples = Mapping[Drum, StrokeExamples]
HeardStrokes = Mapping[Drum, tuple[Floats, Sounds]]
"""Strengths and sounds of the candidates of each drum."""


@dataclass(frozen=True, slots=True)
class PersonalEar:
    """The examples of each song, the oldest first. `digest` names them all."""

    digest: str
    songs: tuple[KitExamples, ...] = field(repr=False)

    def recall_kit(self, heard: HeardStrokes) -> "KnownKit | None":
        """What was learnt from songs on the kit that is heard; None if no song was on it."""
        from daemon.pipeline.drums.candidates import THRESHOLD

        mine = {drum: sounds[strength >= THRESHOLD] for drum, (strength, sounds) in heard.items()}
        theirs = [{drum: each.sounds[each.is_stroke] for drum, each in song.items()} for song in self.songs]
        near = {i for i, song in enumerate(theirs) if kit_distance(mine, song) < SAME_KIT}
        near |= {i for i, song in enumerate(theirs) if any(kit_distance(song, theirs[n]) < SAME_KIT for n in near)}
        if not near:
            return None
        songs = [self.songs[i] for i in sorted(near)]
        known = {drum: [song[drum] for song in songs if drum in song] for drum in Drum}
        return KnownKit({drum: _join_latest(each) for drum, each in known.items() if each}, len(songs))


@dataclass(frozen=True, slots=True)
class KnownKit:
    """The examples of a kit, from so many `songs`."""

    examples: KitExamples
    songs: int

    def judge(self, drum: Drum, strength: Floats, sounds: Sounds) -> Floats:
        """The strengths of candidates of one drum as the corrections would have them, 0..1."""
        known = self.examples.get(drum)
        if known is None or not len(sounds):
            return strength
        among = _alike(known.sounds, known.sounds)
        wrong = known.is_stroke - known.strength
        weights = np.linalg.solve(among + DOUBT * np.eye(len(among), dtype=np.float32), wrong)
        return np.asarray(np.clip(strength + _alike(sounds, known.sounds) @ weights, 0, 1), np.float32)

    def rename(self, drum: Drum, labels: Sequence[str], sounds: Sounds) -> list[str]:
        """Labels of hits of one drum; what sounds like strokes whose label was corrected gets that label."""
        known = self.examples.get(drum)
        if known is None or not known.told.any():
            return list(labels)
        strokes = np.flatnonzero(known.is_stroke)
        alike = _alike(sounds, known.sounds[strokes])
        nearest = np.argsort(-alike, axis=1)[:, :VOTERS]
        voted = [_vote(known, strokes[row], alike[i, row]) for i, row in enumerate(nearest)]
        return [vote or label for vote, label in zip(voted, labels, strict=True)]


def kit_distance(heard: Mapping[Drum, Sounds], known: Mapping[Drum, Sounds]) -> float:
    """The median squared distance of the strokes from the nearest known ones of their drum; infinite if none is."""
    shared = [
        drum for drum in heard if drum in known and min(len(heard[drum]), len(known[drum])) >= FEWEST
    ]  # fmt: skip
    nearest = [_distances(heard[drum], known[drum]).min(axis=1) for drum in shared]
    return float(np.median(np.concatenate(nearest))) if nearest else float("inf")


def _vote(known: StrokeExamples, nearest: NDArray[np.int64], alike: Floats) -> str:
    """The label that most of the nearest have, if the user gave it; '' if none."""
    if alike[0] < NEAR:
        return ""
    votes: dict[str, float] = {}
    for which, weight in zip(nearest, alike, strict=True):
        name = known.labels[which] if known.told[which] else ""
        votes[name] = votes.get(name, 0.0) + float(weight)
    return max(votes, key=lambda name: votes[name])


def _join_latest(examples: Sequence[StrokeExamples]) -> StrokeExamples:
    return StrokeExamples(
        np.concatenate([each.strength for each in examples])[-MOST:],
        tuple(label for each in examples for label in each.labels)[-MOST:],
        np.concatenate([each.told for each in examples])[-MOST:],
        np.concatenate([each.sounds for each in examples])[-MOST:],
    )


def _alike(sounds: Sounds, others: Sounds) -> Floats:
    """(sounds, others), 0..1."""
    return np.asarray(np.exp(-_distances(sounds, others) / ALIKE), np.float32)


def _distances(sounds: Sounds, others: Sounds) -> Floats:
    """(sounds, others), squared."""
    one, two = sounds.astype(np.float32), others.astype(np.float32)
    apart = (one**2).sum(axis=1)[:, None] + (two**2).sum(axis=1) - 2 * one @ two.T
    return np.asarray(np.maximum(apart, 0), np.float32)
