"""Generated songs as sound: drums, bass and chords by fluidsynth on a General MIDI soundfont, mixed to stereo."""

import random
import subprocess
from pathlib import Path

import mido

from tests.benchmarks.excerpts import SOUNDFONT
from tests.songs_with_beats import Song

TICKS, TEMPO = 960, 500_000  # 1920 ticks a second
DRUM_NOTES = {"kick": 36, "snare": 38, "closed_hihat": 42, "crash": 49, "low_tom": 45, "ride": 51}
# Seconds from a note to a tenth of its stroke's peak: medians of three strokes on each of six kits.
RISES = {
    "kick": 0.0057, "snare": 0.0047, "closed_hihat": 0.0029, "crash": 0.0037, "low_tom": 0.0035, "ride": 0.0032
}  # fmt: skip
DRUM_SETS = (0, 8, 16, 24, 32, 40)  # standard, room, power, electronic, jazz, brush
BASSES, CHORDS = (32, 33, 34, 38), (0, 4, 16, 25, 27, 29, 48)
ROOTS = (0, 5, 7, 9, 2)
DRUMS = 9


def render_song(song: Song, target: Path) -> Path:
    """`song` as a WAV at `target`: which kit, bass and chords plays it depends on its name."""
    dice = random.Random(song.name)
    notes = [(hit.onset, 0.1, DRUMS, DRUM_NOTES[hit.label], hit.velocity) for hit in song.hits]
    notes += _accompany(song, dice)
    file = mido.MidiFile(ticks_per_beat=TICKS)
    track = mido.MidiTrack()
    file.tracks.append(track)
    for channel, program in ((0, dice.choice(CHORDS)), (1, dice.choice(BASSES)), (DRUMS, dice.choice(DRUM_SETS))):
        track.append(mido.Message("program_change", channel=channel, program=program))
    events = [(on, 1, channel, key, loud) for on, _, channel, key, loud in notes]
    events += [(on + length, 0, channel, key, 0) for on, length, channel, key, _ in notes]
    now = 0
    for second, starts, channel, key, loud in sorted(events):
        at = round(second * TICKS * 1e6 / TEMPO)
        name = "note_on" if starts else "note_off"
        track.append(mido.Message(name, channel=channel, note=key, velocity=loud, time=at - now))
        now = at
    score = target.with_suffix(".mid")
    file.save(score)
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", "44100", "-F", str(target), SOUNDFONT, str(score)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def _accompany(song: Song, dice: random.Random) -> list[tuple[float, float, int, int, int]]:
    """Chords that change as `song.chords` says, a bass on some of the beats: (second, length, channel, note, velocity).

    `bar`: at every bar line; `two bars`: at every other one; `half bar`: in the middle of even bars too; `early`: an
    eighth before the bar line; `riff`: never, but the bass plays what it likes and again in the next bar.
    """
    notes = []
    lines = set(song.downbeats.tolist())
    root, third, bar, since = 0, 4, -1, 0
    riff = [dice.choice((None, *ROOTS)) for _ in range(12)] if song.chords == "riff" else []
    for i, (now, following) in enumerate(zip(song.beats[:-1], song.beats[1:], strict=True)):
        length = min(float(following - now), 1.5)
        starts = float(now) in lines
        bar, since = (bar + 1, 0) if starts else (bar, since + 1)
        size = next((n for n in range(1, 8) if i + n < len(song.beats) and float(song.beats[i + n]) in lines), 4)
        middle = since == size and size > 1
        changes = (starts and not (song.chords == "two bars" and bar % 2)) or (middle and song.chords == "half bar")
        if changes and not riff:
            root = dice.choice(ROOTS)
            third = 3 if root in (9, 2) else 4
        early = length / 2 if changes and song.chords == "early" and i else 0.0
        if starts or changes:
            held = 2.2 * length if changes or riff else 1.2 * length
            notes += [(float(now) - early, held, 0, 52 + root + step, 62) for step in (0, third, 7)]
        elif dice.random() < 0.2:
            notes += [(float(now), 0.9 * length, 0, 52 + root + step, 55) for step in (third, 7)]
        tone = riff[since] if riff else 0
        if (starts or dice.random() < 0.6) and tone is not None:
            notes.append((float(now) - early, 0.8 * length, 1, 33 + root + tone, 90 if starts else 75))
    return notes
