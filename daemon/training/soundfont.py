"""Drum presets of a General MIDI soundfont, played note by note through fluidsynth."""

import shutil
import subprocess
from itertools import chain, product
from pathlib import Path

import mido
import numpy as np
import soundfile

from daemon.training.drum_sounds import SampledSound
from daemon.training.kits import RATE, Audio, mix_to_mono, write_sound

SPACING = 3.2
VELOCITIES = (30, 55, 75, 95, 112, 126)
NOTES = {
    SampledSound.KICK: (36, 35),
    SampledSound.SNARE: (38, 40),
    SampledSound.STICK: (37,),
    SampledSound.TOM1: (50, 48),
    SampledSound.TOM2: (47, 45),
    SampledSound.TOM3: (43,),
    SampledSound.TOM4: (41,),
    SampledSound.CLOSED: (42,),
    SampledSound.PEDAL: (44,),
    SampledSound.OPEN: (46,),
    SampledSound.CRASH: (49, 57),
    SampledSound.CHINA: (52,),
    SampledSound.SPLASH: (55,),
    SampledSound.RIDE: (51, 59),
    SampledSound.BELL: (53,),
    SampledSound.OTHER: (54, 39, 56, 70, 69, 75, 82, 80),
}


def has_fluidsynth() -> bool:
    return shutil.which("fluidsynth") is not None


def render_midi(soundfont: Path, midi: Path, wave: Path, *, gain: float = 0.5) -> None:
    """Render without reverb and chorus: the renderer adds rooms of its own."""
    command = ["fluidsynth", "-ni", "-q", "-g", str(gain), "-R", "0", "-C", "0", "-r", str(RATE)]
    subprocess.run([*command, "-F", str(wave), str(soundfont), str(midi)], check=True, capture_output=True)


def scale_of(program: int, channel: int) -> mido.MidiFile:
    """Every note of `NOTES` at every velocity, `SPACING` seconds apart."""
    track = mido.MidiTrack([mido.Message("program_change", channel=channel, program=program)])
    for note, velocity in product(chain(*NOTES.values()), VELOCITIES):
        track.append(mido.Message("note_on", channel=channel, note=note, velocity=velocity))
        gap = round(SPACING * 960)
        track.append(mido.Message("note_off", channel=channel, note=note, time=gap))
    return mido.MidiFile(ticks_per_beat=480, tracks=[track])


def render_shots(soundfont: Path, program: int, channel: int, scratch: Path) -> dict[SampledSound, list[Audio]]:
    """Shots of every voice, softest velocity first, its notes side by side."""
    midi, wave = scratch / "scale.mid", scratch / "scale.wav"
    scale_of(program, channel).save(midi)
    render_midi(soundfont, midi, wave)
    audio, rate = soundfile.read(wave, dtype="float32")
    step, count = int(SPACING * RATE), len(VELOCITIES)
    flat = np.pad(mix_to_mono(audio, rate), (0, step))
    found: dict[SampledSound, list[Audio]] = {}
    start = 0
    for sound, notes in NOTES.items():
        order = sorted(range(start, start + len(notes) * count), key=lambda index: index % count)
        found[sound] = [flat[index * step : (index + 1) * step] for index in order]
        start += len(notes) * count
    return found


def convert_soundfont(soundfont: Path, programs: tuple[int, ...], target: Path, scratch: Path, *, channel: int) -> int:
    """Write one kit per drum program; returns the number of shots."""
    scratch.mkdir(parents=True, exist_ok=True)
    return sum(
        write_sound(target / f"{soundfont.stem}-{program}", sound, shots)
        for program in programs
        for sound, shots in render_shots(soundfont, program, channel, scratch).items()
    )
