"""The command line. Each command collects what was typed and hands it on; the work is elsewhere.

Exit status: 0 all done, 1 something failed, 2 the call itself was wrong, 130 interrupted.
"""

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from bridge.files import expand_home
from daemon import __version__
from daemon.commands import exit_after, flags, groups

app = typer.Typer(
    name="sidestick",
    help="A song goes in; stems and clean MIDI come out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _parse_path(text: str) -> Path:
    if not text:
        raise typer.BadParameter("the name is empty")
    return Path(text)


Paths = Annotated[list[Path], typer.Argument(help="Songs, or folders of songs.", metavar="PATH...", parser=_parse_path)]
Opt = typer.Option


@app.callback(invoke_without_command=True)
def _print_version(version: Annotated[bool, Opt("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"sidestick {__version__}")
        raise typer.Exit


@app.command()
def transcribe(
    paths: Paths,
    input: flags.Input = "",
    parts: flags.Parts = None,
    separator: flags.Separator = "",
    kit: flags.Kit = "",
    onsets: flags.Onsets = "",
    notes: flags.Notes = "",
    bpm: flags.Bpm = "",
    meter: flags.Meter = "",
    downbeat: flags.Downbeat = "",
    start: flags.Start = "",
    grid: flags.Grid = "",
    strength: flags.Strength = "",
    tolerance: flags.Tolerance = "",
    swing: flags.Swing = "",
    as_played: flags.AsPlayed = False,
    quantize: flags.Quantize = None,
    sensitivity: flags.Sensitivity = None,
    settings: flags.Settings = None,
    harmony: flags.Harmony = None,
    drum_map: flags.DrumMap = "",
    stems: flags.Stems = "",
    stem_names: flags.StemNames = "",
    stems_as_source: flags.StemsAsSource = False,
    kit_stems: flags.KitStems = False,
    backing: flags.Backing = False,
    plot: flags.Plot = False,
    export: flags.Export = "",
    out: flags.Out = None,
    as_json: flags.AsJson = False,
) -> None:
    """Write the parts of each song as MIDI, beside it; the drums if not told otherwise."""
    from daemon.commands import transcribe as command

    typed = {
        "input": input, "parts": parts, "separator": separator, "kit": kit, "onsets": onsets, "note_recipe": notes,
        "bpm": bpm, "meter": meter, "downbeat": downbeat, "start": start, "drum_map": drum_map,
        "harmony": harmony,
        "sensitivity": sensitivity, "notes": settings, "as_played": as_played or None, "stems": stems,
        "stem_names": stem_names, "stems_as_source": stems_as_source or None, "kit_stems": kit_stems or None,
        "backing": backing or None, "plot": plot or None, "export": export or None,
    }  # fmt: skip
    moves = {
        "step": grid, "strength": strength, "tolerance": tolerance, "swing": swing, "quantize": quantize,
    }  # fmt: skip
    exit_after(lambda: command.run(paths, {**typed, "grid": moves}, out, as_json))


@app.command()
def relabel(
    manifest: Annotated[Path, typer.Argument(help="The song's .sidestick.json file.")],
    cluster: Annotated[list[str] | None, Opt(help="A cluster's new label: 2=snare.")] = None,
    hit: Annotated[list[str] | None, Opt(help="A hit's new label: 17=open_hihat.")] = None,
    delete_hit: Annotated[list[int] | None, Opt(help="A hit that is none.")] = None,
    delete_note: Annotated[list[str] | None, Opt(help="A note that is none: bass:12.")] = None,
    pitch: Annotated[list[str] | None, Opt(help="A note's MIDI pitch: bass:7=43.")] = None,
    octave: Annotated[list[str] | None, Opt(help="Octaves up: bass:7=-1.")] = None,
    merge: Annotated[list[str] | None, Opt(help="Notes that are one: bass:10+11.")] = None,
    sensitivity: flags.Sensitivity = None,
    settings: Annotated[list[str] | None, Opt("--set", help="A part's setting: bass.transpose=-12.")] = None,
    bpm: Annotated[str, Opt(help="Beats per minute.")] = "",
    half: Annotated[bool, Opt("--half", help="Half the bpm.")] = False,
    double: Annotated[bool, Opt("--double", help="Twice the bpm.")] = False,
    two_thirds: Annotated[bool, Opt("--two-thirds")] = False,
    three_halves: Annotated[bool, Opt("--three-halves")] = False,
    meter: flags.Meter = "",
    downbeat: flags.Downbeat = "",
    start: flags.Start = "",
    changes: Annotated[str, Opt(help="Any correction as JSON.")] = "",
    undo: Annotated[bool, Opt("--undo", help="Take the last correction back.")] = False,
    redo: Annotated[bool, Opt("--redo", help="Make it again.")] = False,
    as_json: Annotated[bool, Opt("--json", help="Answer as JSON.")] = False,
) -> None:
    """Correct a transcription and write its MIDI again, without touching the audio."""
    from daemon.commands import relabel as command

    def run() -> int:
        words = {"half": half, "double": double, "two_thirds": two_thirds, "three_halves": three_halves}
        beat = {"bpm": bpm, "meter": meter, "downbeat": downbeat, "start": start}
        typed = command.CorrectionFlags(
            cluster or [], hit or [], delete_hit or [], delete_note or [], pitch or [], octave or [], merge or [],
            sensitivity or [], settings or [], command.beat_settings(words, beat),
        )  # fmt: skip
        return command.run(manifest, command.TypedCorrection(typed, changes, undo, redo), as_json)

    exit_after(run)


@app.command()
def learn(
    midi: Annotated[Path, typer.Argument(help="A .mid of sidestick's that a DAW saved again.")],
    manifest: Annotated[Path | None, Opt(help="The song's .sidestick.json file, if it is elsewhere.")] = None,
    as_json: Annotated[bool, Opt("--json", help="Answer as JSON.")] = False,
) -> None:
    """Correct the drums of a song by what was edited in a DAW."""
    from daemon.commands import learn as command

    exit_after(lambda: command.run(midi, manifest, as_json))


app.add_typer(groups.ear, name="ear")
app.add_typer(groups.models, name="models")
app.add_typer(groups.service, name="service")


@app.command()
def setup(
    drop: Annotated[Path | None, Opt(help="The folder to drop songs into; it is made.", metavar="PATH")] = None,
    daw: Annotated[str | None, Opt(help="Your DAW: reaper, live, logic, cubase, ... or other.")] = None,
    at_log_on: Annotated[bool | None, Opt("--service/--no-service", help="Start at every log-on.")] = None,
) -> None:
    """Three questions: the drop folder, your DAW, the start at log-on. Flags answer without asking."""
    from daemon.commands import setup as command
    from daemon.setup import SetupAnswers

    chosen = expand_home(drop).absolute() if drop else None
    exit_after(lambda: command.run(SetupAnswers(chosen, daw, at_log_on)))


@app.command()
def doctor(
    as_json: Annotated[bool, Opt("--json")] = False,
    bundle: Annotated[bool, Opt("--bundle", help="Also write a ZIP here, to send with a question.")] = False,
    cluster: Annotated[bool, Opt("--cluster", help="Also try the queue and the store of many machines.")] = False,
) -> None:
    """What works on this machine: device, decoder, weights, MIDI, extras, folders."""
    from daemon.commands import doctor as command

    exit_after(lambda: command.run(as_json, bundle, cluster))


@app.command()
def config(
    as_json: Annotated[bool, Opt("--json")] = False,
    drum_maps: Annotated[bool, Opt("--drum-maps", help="List the drum maps instead.")] = False,
    manifest_schema: Annotated[bool, Opt("--manifest-schema", help="Print the JSON schema of a manifest.")] = False,
) -> None:
    """Every setting, its value, and where that comes from."""
    from daemon.commands import config as command

    exit_after(lambda: command.show_settings(as_json, drum_maps, manifest_schema))


@app.command("drum-map")
def drum_map(
    file: Annotated[
        Path | None, typer.Argument(help="REAPER's note names (.txt), a .drm, .pitchlist or .midnam.")
    ] = None,
    name: Annotated[str, Opt("--name", help="What to call it; the file's name if not set.")] = "",
    strike: Annotated[bool, Opt("--strike", help="Strike the pads of your kit instead, one after the other.")] = False,
) -> None:
    """Make a drum map of your own, from the note names of your kit or by striking its pads."""
    from daemon.commands import drum_map as command

    exit_after(lambda: command.run(file, name, strike=strike))


@app.command("run")
def run_daemon() -> None:
    """Start the daemon: drop folders, OSC and MIDI, until Ctrl-C."""
    from daemon.commands import service as command

    exit_after(command.run)


@app.command()
def review(
    run: Annotated[bool, Opt("--run", help="Run sidestick here, until Ctrl-C, if none runs.")] = False,
) -> None:
    """Open the review page of the running sidestick: look, listen, correct."""
    from daemon.commands import review as command

    exit_after(lambda: command.run(run))


app.add_typer(groups.jobs, name="jobs")
app.add_typer(groups.catalogue, name="catalogue")


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def send(context: typer.Context) -> None:
    """Send one OSC request to the running daemon, and print the answer."""
    from bridge.osc import send as command

    sys.exit(command.main(context.args))


@app.command()
def ports(as_json: Annotated[bool, Opt("--json")] = False) -> None:
    """The MIDI ports of this computer."""
    from daemon.commands import config as command

    exit_after(lambda: command.show_ports(as_json))


def main() -> None:
    """Names that the terminal cannot show are shown with their numbers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()


if __name__ == "__main__":
    main()
