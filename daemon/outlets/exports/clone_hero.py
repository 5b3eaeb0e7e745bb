"""A song for Clone Hero and YARG: notes.mid with pro drums in four difficulties, song.ini, and the sound.

Notes and events as TheNathannator/GuitarGame_ChartFormats describes them: four lanes, cymbals by default, toms by
markers, accents and ghost notes by velocity.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

from bridge.drum_labels import SOUNDS
from bridge.timebase import PPQ, TempoMap
from daemon.outlets.exports.archive import to_zip
from daemon.outlets.exports.song import ExportSong
from daemon.score.clip import tempo_map
from daemon.score.dynamics import Dynamic, dynamics

DIFFICULTIES = ("easy", "medium", "hard", "expert")
_BASE = dict(zip(DIFFICULTIES, (60, 72, 84, 96), strict=True))  # the kick; red, yellow, blue and green follow
_KICK, _RED, _YELLOW, _BLUE, _GREEN = range(5)
_SECOND_PEDAL = 95
_TOM_MARKER = 108  # plus the lane
_LANES = {
    "kick": _KICK, "snare": _RED, "side_stick": _RED, "rimshot": _RED, "clap": _RED,
    "high_tom": _YELLOW, "mid_tom": _BLUE, "low_tom": _BLUE, "floor_tom": _GREEN,
    "closed_hihat": _YELLOW, "open_hihat": _YELLOW, "ride": _BLUE, "ride_bell": _BLUE, "cowbell": _BLUE,
    "splash": _BLUE, "crash_2": _BLUE, "crash": _GREEN, "china": _GREEN,
}  # fmt: skip
# What a hand plays rather than another that falls on the same tick; the kick has a foot of its own.
_RANK = ("snare", "rimshot", "crash", "china", "crash_2", "splash", "floor_tom", "low_tom", "mid_tom", "high_tom")
_HANDS = {"easy": 1, "medium": 2, "hard": 2, "expert": 2}
_KICK_WITH_HANDS = {"easy": 0, "medium": 1, "hard": 2, "expert": 2}  # hands at most that a kick is charted with
_STEPS = (0.25, 0.5, 1.0, 2.0)  # quarter notes: a level keeps what lies on the first that is slow enough
_FASTEST = {"hard": 0.16, "medium": 0.26, "easy": 0.5}  # seconds; chosen by hand, after published guides for charters
_TWO_FEET = 0.11  # seconds between kicks that one foot does not play
_VELOCITIES: dict[Dynamic, int] = {"ghost": 1, "plain": 100, "accent": 127}
_PLAYED = (".ogg", ".opus", ".mp3", ".wav")
_ENOUGH = 256 << 20  # bytes of sound that go into the ZIP


@dataclass(frozen=True, slots=True)
class _Stroke:
    tick: int
    second: float
    label: str
    lane: int
    tom: bool
    dynamic: Dynamic
    pedal_2: bool = False


def to_bytes(song: ExportSong) -> bytes:
    """The ZIP to unpack into the games' folder of songs. The sound is there if the games play its format."""
    name = song.arrangement.name
    files: dict[str, bytes | Path] = {
        f"{name}/notes.mid": notes_mid(song),
        f"{name}/song.ini": song_ini(song).encode("utf-8"),
    }
    source = song.source
    if source and source.suffix.lower() in _PLAYED and source.is_file() and source.stat().st_size <= _ENOUGH:
        files[f"{name}/song{source.suffix.lower()}"] = source
    return to_zip(files)


def song_ini(song: ExportSong) -> str:
    strokes = list(_strokes(song, _map_of(song)))
    rate = len(strokes) / max(1.0, song.arrangement.duration)
    level = min(6, round(rate))  # 0 to 6; six strokes a second are hard for anybody
    rows = {
        "name": song.arrangement.name.replace("\n", " "), "artist": "Unknown Artist", "charter": "sidestick",
        "song_length": round(1000 * song.arrangement.duration), "diff_drums": level, "diff_drums_real": level,
        "pro_drums": "True", "five_lane_drums": "False",
    }  # fmt: skip
    return "\r\n".join(["[song]", *(f"{key} = {value}" for key, value in rows.items()), ""])


def notes_mid(song: ExportSong) -> bytes:
    """Tick 0 is the start of the sound."""
    from mido import MidiFile

    times, data = _map_of(song), BytesIO()
    found = MidiFile(type=1, ticks_per_beat=PPQ)
    quarter = median(point.microseconds for point in times.points) / 1e6
    drums = _drum_track(list(_strokes(song, times)), quarter)
    found.tracks += [_tempo_track(song.arrangement.name, times), drums]
    found.tracks.append(_track("EVENTS", [_text(times.ticks(song.arrangement.duration), "[end]")]))
    found.save(file=data)
    return data.getvalue()


def _map_of(song: ExportSong) -> TempoMap:
    return tempo_map(song.arrangement.grid, song.arrangement.duration, "map")


def _strokes(song: ExportSong, times: TempoMap) -> Iterator[_Stroke]:
    """What is charted on expert, by time: no foot hi-hat, no shakers, two hands and a foot at most."""
    arrangement = song.arrangement
    at_tick: defaultdict[int, list[_Stroke]] = defaultdict(list)
    for second, hit, dynamic in zip(arrangement.times, arrangement.hits, dynamics(arrangement.hits), strict=True):
        if hit.label in _LANES:
            tick, tom = times.ticks(second), SOUNDS[hit.label].family == "toms"
            at_tick[tick].append(_Stroke(tick, second, hit.label, _LANES[hit.label], tom, dynamic))
    kick_before, with_left = -1.0, False
    for _, strokes in sorted(at_tick.items()):
        for stroke in _playable(strokes, _HANDS["expert"]):
            if stroke.lane == _KICK:
                with_left = stroke.second - kick_before < _TWO_FEET and not with_left
                kick_before = stroke.second
            yield replace(stroke, pedal_2=stroke.lane == _KICK and with_left)


def _playable(strokes: Iterable[_Stroke], hands: int) -> list[_Stroke]:
    """One stroke a lane, the kick and so many others."""
    chosen: dict[int, _Stroke] = {}
    for stroke in sorted(strokes, key=_priority):
        lane = stroke.lane
        if lane in chosen and stroke.tom != chosen[lane].tom:  # a cymbal and a tom of one colour exclude each other
            lane = next((free for free in (_BLUE, _GREEN, _YELLOW) if free not in chosen), lane)
        if lane not in chosen and (lane == _KICK or sum(taken != _KICK for taken in chosen) < hands):
            chosen[lane] = replace(stroke, lane=lane)
    return [chosen[lane] for lane in sorted(chosen)]


def _priority(stroke: _Stroke) -> int:
    return _RANK.index(stroke.label) if stroke.label in _RANK else len(_RANK)


def reduce_strokes(strokes: list[_Stroke], difficulty: str, quarter: float) -> list[_Stroke]:
    """Those of the next harder level that stay: no ghost notes, fewer at once, none too fast and off the beat.

    `quarter` is how long a quarter note usually lasts, in seconds.
    """
    at_tick: defaultdict[int, list[_Stroke]] = defaultdict(list)
    for stroke in strokes:
        if stroke.dynamic != "ghost" and not stroke.pedal_2:
            at_tick[stroke.tick].append(stroke)
    found: list[_Stroke] = []
    step = next(step for step in _STEPS if step * quarter >= _FASTEST[difficulty] or step == _STEPS[-1])
    for tick in _slow_ticks({tick: group[0].second for tick, group in at_tick.items()}, step, _FASTEST[difficulty]):
        kept = _playable(at_tick[tick], _HANDS[difficulty])
        hands = sum(stroke.lane != _KICK for stroke in kept)
        found += [stroke for stroke in kept if stroke.lane != _KICK or hands <= _KICK_WITH_HANDS[difficulty]]
    return found


def _slow_ticks(seconds: dict[int, float], step: float, fastest: float) -> Iterator[int]:
    """The ticks on multiples of `step` quarter notes, and those between that follow and precede slowly enough."""
    width, near = round(PPQ * step), PPQ // 24
    on_step = {tick for tick in seconds if min(tick % width, -tick % width) <= near}
    coming, last = sorted(seconds[tick] for tick in on_step), -inf
    for place, second in sorted(seconds.items()):
        following = next(iter(coming[bisect_right(coming, second) :][:1]), inf)
        if place in on_step or (second - last >= fastest and following - second >= fastest):
            last = second
            yield place


def _drum_track(expert: list[_Stroke], quarter: float) -> Any:
    levels, strokes = {"expert": expert}, expert
    for difficulty in reversed(DIFFICULTIES[:-1]):
        strokes = levels[difficulty] = reduce_strokes(strokes, difficulty, quarter)
    events = [_text(0, "[ENABLE_CHART_DYNAMICS]"), *(_text(0, f"[mix {level} drums0]") for level in range(4))]
    for difficulty, found in levels.items():
        for stroke in found:
            second = stroke.pedal_2 and difficulty == "expert"
            events += _note(stroke.tick, _SECOND_PEDAL if second else _BASE[difficulty] + stroke.lane, stroke.dynamic)
    toms = sorted({(stroke.tick, stroke.lane) for stroke in expert if stroke.tom})
    for tick, lane in toms:
        events += _note(tick, _TOM_MARKER + lane, "plain")
    return _track("PART DRUMS", events)


def _note(tick: int, note: int, dynamic: Dynamic) -> list[tuple[int, int, Any]]:
    """A 64th note: drums are not held."""
    from mido import Message

    on = Message("note_on", channel=0, note=note, velocity=_VELOCITIES[dynamic])
    return [(tick, 1, on), (tick + PPQ // 16 - 1, 0, Message("note_off", channel=0, note=note, velocity=0))]


def _text(tick: int, text: str) -> tuple[int, int, Any]:
    from mido import MetaMessage

    return tick, 2, MetaMessage("text", text=text)


def _tempo_track(name: str, times: TempoMap) -> Any:
    from mido import MetaMessage

    tempi = [(point.tick, 1, MetaMessage("set_tempo", tempo=point.microseconds)) for point in times.points]
    meters = [
        (meter.tick, 0, MetaMessage("time_signature", numerator=meter.numerator, denominator=meter.denominator))
        for meter in times.meters
    ]
    return _track(name.encode("ascii", "replace").decode(), [*meters, *tempi])


def _track(name: str, events: list[tuple[int, int, Any]]) -> Any:
    """Events of (tick, order within the tick, message) as a track."""
    from mido import MetaMessage, MidiTrack

    track, now = MidiTrack([MetaMessage("track_name", name=name)]), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    return track
