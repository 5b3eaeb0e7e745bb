"""MIDI with a track for each drum, and for each pitched part, in one file."""

from collections import defaultdict
from dataclasses import replace

from bridge.drum_labels import SOUNDS
from bridge.midi import file
from bridge.notes import Clip, Track
from bridge.timebase import Seconds
from daemon.outlets.exports.song import ExportSong
from daemon.pipeline.records import Hit, Part
from daemon.score.clip import drum_track, track_later


def to_bytes(song: ExportSong) -> bytes:
    """The .mid of the whole song, in which every drum has its own track on channel 10."""
    whole = song.arrangement.clip(song.drum_map)
    pitched = [track for track in whole.tracks if track.name != "Drums"]
    return file.to_bytes(replace(whole, tracks=(*drum_tracks(song), *pitched)))


def drum_clips(song: ExportSong) -> dict[str, Clip]:
    """A clip for each drum alone, by its label."""
    if Part.DRUMS not in song.arrangement.options.parts:
        return {}
    whole = song.arrangement.clip(song.drum_map, (Part.DRUMS,))
    labels = [label for label, _ in _hits_by_label(song)]
    return {label: replace(whole, tracks=(track,)) for label, track in zip(labels, drum_tracks(song), strict=True)}


def drum_tracks(song: ExportSong) -> tuple[Track, ...]:
    """A track for each drum that is struck, in the order of the kit, with the padding of the song."""
    arrangement = song.arrangement
    note_ms, before = arrangement.options.note_ms, arrangement.padding
    tracks = (
        drum_track(
            [hit for _, hit in struck],
            [time for time, _ in struck],
            song.drum_map,
            note_ms=note_ms,
            name=SOUNDS[label].name,
        )
        for label, struck in _hits_by_label(song)
    )
    return tuple(track_later(track, before) if before else track for track in tracks)


def _hits_by_label(song: ExportSong) -> list[tuple[str, list[tuple[Seconds, Hit]]]]:
    found: defaultdict[str, list[tuple[Seconds, Hit]]] = defaultdict(list)
    for time, hit in zip(song.arrangement.times, song.arrangement.hits, strict=True):
        found[hit.label].append((time, hit))
    return [(label, found[label]) for label in SOUNDS if label in found]
