"""The flags of `sidestick transcribe`: what each takes, and its line in `--help`. `relabel` shares some."""

from pathlib import Path
from typing import Annotated

from typer import Option as Opt

from bridge.timebase import GRID_STEPS
from daemon.pipeline.records import Part

SEPARATORS = ("htdemucs", "htdemucs_ft", "htdemucs_6s", "hdemucs_mmi", "mdx", "mdx_extra", "embedded")

*_FIRST, _LAST = Part

Input = Annotated[str, Opt(help=f"What the file is: mix, {', '.join(_FIRST)} or {_LAST}.")]
Parts = Annotated[str | None, Opt(help=f"With commas: {', '.join(Part)}; all, none.")]
Separator = Annotated[str, Opt(help=f"auto, {', '.join(SEPARATORS)}, or a checkpoint of your own.")]
Kit = Annotated[str, Opt(help="auto, embedded, drumsep or drumsep6.")]
Onsets = Annotated[str, Opt(help="default, superflux or classic.")]
Notes = Annotated[str, Opt(help="default, or classic: Basic Pitch's own package.")]
Bpm = Annotated[str, Opt(help="Beats per minute, if you know them: 20 to 400.")]
Meter = Annotated[str, Opt(help="The meter: 3/4, 7/8; heard if not given.")]
Downbeat = Annotated[str, Opt(help="Where the first bar starts, in seconds.")]
Start = Annotated[str, Opt(help="Where files start: audio, bars (padded to bar 1) or map (a tempo map).")]
Grid = Annotated[str, Opt(help=f"A note value, T for triplets: {', '.join(GRID_STEPS)}.")]
Strength = Annotated[str, Opt(help="How far hits move to the grid, 0 to 1.")]
Tolerance = Annotated[str, Opt(help="Hits further off than this part of a step stay, 0 to 0.5.")]
Swing = Annotated[str, Opt(help="auto, or 0.5 (straight) to 0.75.")]
AsPlayed = Annotated[bool, Opt("--as-played", help="Also a .mid with every note at its own time.")]
Quantize = Annotated[bool | None, Opt("--quantize/--no-quantize", help="Move hits to the grid.")]
Sensitivity = Annotated[list[str] | None, Opt(help="0 to 1 for a drum or part: bass=0.7.")]
Settings = Annotated[list[str] | None, Opt("--set", help="A part's setting: bass.transpose=-12, vocals.bends=false.")]
Harmony = Annotated[bool | None, Opt("--harmony/--no-harmony", help="Find key and chords.")]
DrumMap = Annotated[str, Opt(help="gm, ableton, or another of `sidestick config --drum-maps`.")]
Stems = Annotated[str, Opt(help="Write the stems too: wav, flac or mp3.")]
StemNames = Annotated[str, Opt(help="With --stems: only these, with commas between: drums, bass, ...")]
StemsAsSource = Annotated[bool, Opt("--stems-as-source", help="Stems at the file's own rate and depth.")]
KitStems = Annotated[bool, Opt("--kit-stems", help="With --stems: those of the kit too.")]
Backing = Annotated[bool, Opt("--backing", help="Write the song without drums.")]
Plot = Annotated[bool, Opt("--plot", help="Draw the hits over the waveform, as SVG.")]
Export = Annotated[str, Opt(help="Files for other programs too, with commas between: csv, json, tracks, drum_files.")]
Out = Annotated[Path | None, Opt(help="Folder for the results; beside each song if not given.")]
AsJson = Annotated[bool, Opt("--json", help="One JSON object a line, for programs.")]
