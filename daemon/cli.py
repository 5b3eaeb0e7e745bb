"""The command line. Each command collects what was typed and hands it on; the work is elsewhere.

Exit status: 0 all done, 1 something failed, 2 the call itself was wrong, 130 interrupted.
"""

import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.files import expand_home
from bridge.timebase import GRID_STEPS
from daemon import __version__

app = typer.Typer(
    name="sidestick",
    help="A song goes in; stems and clean MIDI come out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _parse_path(text: str) -> Path:
    if not text:
        raise typer.BadParameter("the name is empty")
    return Path(text)


Paths = Annotated[list[Path], typer.Argument(help="Songs, or folders of songs.", metavar="PATH...", parser=_parse_path)]
Opt = typer.Option
SEPARATORS = ("htdemucs", "htdemucs_ft", "htdemucs_6s", "hdemucs_mmi", "mdx", "mdx_extra", "embedded")


@app.callback(invoke_without_command=True)
def _print_version(version: Annotated[bool, Opt("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"sidestick {__version__}")
        raise typer.Exit


@app.command()
def transcribe(
    paths: Paths,
    input: Annotated[str, Opt(help="What the file is: mix, drums, bass, vocals, other, guitar or piano.")] = "",
    parts: Annotated[str | None, Opt(help="With commas: drums, bass, vocals, other, guitar, piano; all, none.")] = None,
    separator: Annotated[str, Opt(help=f"auto, {', '.join(SEPARATORS)}, or a checkpoint of your own.")] = "",
    kit: Annotated[str, Opt(help="auto, embedded, drumsep or drumsep6.")] = "",
    onsets: Annotated[str, Opt(help="default, superflux or classic.")] = "",
    notes: Annotated[str, Opt(help="default, or classic: Basic Pitch's own package.")] = "",
    bpm: Annotated[str, Opt(help="Beats per minute, if you know them: 20 to 400.")] = "",
    beats_per_bar: Annotated[str, Opt(help="Beats in a bar; heard if not given.")] = "",
    downbeat: Annotated[str, Opt(help="Where the first bar starts, in seconds.")] = "",
    start: Annotated[str, Opt(help="Where files start: audio, bars (padded to bar 1) or map (a tempo map).")] = "",
    grid: Annotated[str, Opt(help=f"A note value, T for triplets: {', '.join(GRID_STEPS)}.")] = "",
    strength: Annotated[str, Opt(help="How far hits move to the grid, 0 to 1.")] = "",
    tolerance: Annotated[str, Opt(help="Hits further off than this part of a step stay, 0 to 0.5.")] = "",
    swing: Annotated[str, Opt(help="auto, or 0.5 (straight) to 0.75.")] = "",
    as_played: Annotated[bool, Opt("--as-played", help="Also a .mid with every note at its own time.")] = False,
    quantize: Annotated[bool | None, Opt("--quantize/--no-quantize", help="Move hits to the grid.")] = None,
    sensitivity: Annotated[list[str] | None, Opt(help="0 to 1 for a drum or part: bass=0.7.")] = None,
    settings: Annotated[
        list[str] | None, Opt("--set", help="A part's setting: bass.transpose=-12, vocals.bends=false.")
    ] = None,
    harmony: Annotated[bool | None, Opt("--harmony/--no-harmony", help="Find key and chords.")] = None,
    drum_map: Annotated[str, Opt(help="gm, ableton, or another of `sidestick config --drum-maps`.")] = "",
    stems: Annotated[str, Opt(help="Write the stems too: wav, flac or mp3.")] = "",
    stem_names: Annotated[str, Opt(help="With --stems: only these, with commas between: drums, bass, ...")] = "",
    stems_as_source: Annotated[bool, Opt("--stems-as-source", help="Stems at the file's own rate and depth.")] = False,
    kit_stems: Annotated[bool, Opt("--kit-stems", help="With --stems: those of the kit too.")] = False,
    backing: Annotated[bool, Opt("--backing", help="Write the song without drums.")] = False,
    plot: Annotated[bool, Opt("--plot", help="Draw the hits over the waveform, as SVG.")] = False,
    out: Annotated[Path | None, Opt(help="Folder for the results; beside each song if not given.")] = None,
    as_json: Annotated[bool, Opt("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """Write the parts of each song as MIDI, beside it; the drums if not told otherwise."""
    from daemon.commands import part_flags
    from daemon.commands import transcribe as command

    typed = {
        "input": input, "separator": separator, "kit": kit, "onsets": onsets,
        "note_recipe": notes, "bpm": bpm, "numerator": beats_per_bar,
        "start": start, "drum_map": drum_map, "harmony": harmony, "as_played": as_played or None,
        "stem_names": _split_commas(stem_names), "stems_as_source": stems_as_source or None,
        "stems": stems, "kit_stems": kit_stems or None, "backing": backing or None, "plot": plot or None,
    }  # fmt: skip
    moves = {
        "step": grid, "strength": strength, "tolerance": tolerance, "swing": swing, "quantize": quantize,
        "downbeat": downbeat,
    }  # fmt: skip

    def run() -> int:
        told = {"notes": part_flags.settings(settings or ()), "sensitivity": part_flags.sensitivity(sensitivity or ())}
        told |= _drop_empty({"parts": part_flags.parts(parts)})
        return command.run(paths, {**_drop_empty(typed), **told, "grid": _drop_empty(moves)}, out, as_json)

    _exit(run)


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
    sensitivity: Annotated[list[str] | None, Opt(help="0 to 1 for a drum or part: bass=0.7.")] = None,
    settings: Annotated[list[str] | None, Opt("--set", help="A part's setting: bass.transpose=-12.")] = None,
    bpm: Annotated[str, Opt(help="Beats per minute.")] = "",
    half: Annotated[bool, Opt("--half", help="Half the bpm.")] = False,
    double: Annotated[bool, Opt("--double", help="Twice the bpm.")] = False,
    two_thirds: Annotated[bool, Opt("--two-thirds")] = False,
    three_halves: Annotated[bool, Opt("--three-halves")] = False,
    meter: Annotated[str, Opt(help="The meter: 3/4, 7/8.")] = "",
    downbeat: Annotated[str, Opt(help="Where the first bar starts, in seconds.")] = "",
    start: Annotated[str, Opt(help="Where files start: audio, bars (padded to bar 1) or map (a tempo map).")] = "",
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
        flags = command.CorrectionFlags(
            cluster or [], hit or [], delete_hit or [], delete_note or [], pitch or [], octave or [], merge or [],
            sensitivity or [], settings or [], command.beat_settings(words, beat),
        )  # fmt: skip
        return command.run(manifest, command.TypedCorrection(flags, changes, undo, redo), as_json)

    _exit(run)


@app.command()
def learn(
    midi: Annotated[Path, typer.Argument(help="A .mid of sidestick's that a DAW saved again.")],
    manifest: Annotated[Path | None, Opt(help="The song's .sidestick.json file, if it is elsewhere.")] = None,
    as_json: Annotated[bool, Opt("--json", help="Answer as JSON.")] = False,
) -> None:
    """Correct the drums of a song by what was edited in a DAW."""
    from daemon.commands import learn as command

    _exit(lambda: command.run(midi, manifest, as_json))


models = typer.Typer(help="The weights of the networks: what is there, and fetch more.", no_args_is_help=True)
app.add_typer(models, name="models")


@models.command("list")
def models_list(as_json: Annotated[bool, Opt("--json")] = False) -> None:
    """All models: size, licence, and whether they are here."""
    from daemon.commands import models as command

    _exit(lambda: command.show(as_json))


@models.command("fetch")
def models_fetch(names: Annotated[list[str], typer.Argument(metavar="NAME...")]) -> None:
    """Download and check the weights of these models."""
    from daemon.commands import models as command

    _exit(lambda: command.fetch(names))


@models.command("path")
def models_path(name: Annotated[str, typer.Argument()]) -> None:
    """Where a model's weights lie."""
    from daemon.commands import models as command

    _exit(lambda: command.path(name))


service = typer.Typer(help="sidestick from log-on, as a service of your system.", no_args_is_help=True)
app.add_typer(service, name="service")


@service.command("install")
def service_install() -> None:
    """Start sidestick now and at every log-on."""
    from daemon.commands import service as command

    _exit(command.install)


@service.command("uninstall")
def service_uninstall() -> None:
    """Stop it, now and for good. Songs, results and settings stay."""
    from daemon.commands import service as command

    _exit(command.uninstall)


@service.command("status")
def service_status() -> None:
    """Whether it runs, as the system sees it."""
    from daemon.commands import service as command

    _exit(command.status)


@service.command("logs")
def service_logs(
    lines: Annotated[int, Opt("--lines", "-n", min=0, help="How many.")] = 40,
    follow: Annotated[bool, Opt("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
) -> None:
    """What sidestick has done lately."""
    from daemon.commands import service as command

    _exit(lambda: command.logs(lines, follow))


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
    _exit(lambda: command.run(SetupAnswers(chosen, daw, at_log_on)))


@app.command()
def doctor(
    as_json: Annotated[bool, Opt("--json")] = False,
    bundle: Annotated[bool, Opt("--bundle", help="Also write a ZIP here, to send with a question.")] = False,
) -> None:
    """What works on this machine: device, decoder, weights, MIDI, extras, folders."""
    from daemon.commands import doctor as command

    _exit(lambda: command.run(as_json, bundle))


@app.command()
def config(
    as_json: Annotated[bool, Opt("--json")] = False,
    drum_maps: Annotated[bool, Opt("--drum-maps", help="List the drum maps instead.")] = False,
    manifest_schema: Annotated[bool, Opt("--manifest-schema", help="Print the JSON schema of a manifest.")] = False,
) -> None:
    """Every setting, its value, and where that comes from."""
    from daemon.commands import config as command

    _exit(lambda: command.show_settings(as_json, drum_maps, manifest_schema))


@app.command("run")
def run_daemon() -> None:
    """Start the daemon: drop folders, OSC and MIDI, until Ctrl-C."""
    from daemon.commands import service as command

    _exit(command.run)


@app.command()
def review(
    run: Annotated[bool, Opt("--run", help="Run sidestick here, until Ctrl-C, if none runs.")] = False,
) -> None:
    """Open the review page of the running sidestick: look, listen, correct."""
    from daemon.commands import review as command

    _exit(lambda: command.run(run))


jobs = typer.Typer(help="What was asked for, and how far it is.", invoke_without_command=True)
app.add_typer(jobs, name="jobs")


@jobs.callback()
def jobs_list(
    context: typer.Context,
    limit: Annotated[int, Opt(help="How many, the newest first.", min=1, max=1000)] = 20,
    as_json: Annotated[bool, Opt("--json")] = False,
) -> None:
    """A table that moves while there is work."""
    from daemon.commands import jobs as command

    if context.invoked_subcommand is None:
        _exit(lambda: command.show(limit, as_json))


@jobs.command("cancel")
def jobs_cancel(job: Annotated[str, typer.Argument()]) -> None:
    """Stop a job, or take it out of the queue."""
    from daemon.commands import jobs as command

    _exit(lambda: command.cancel(job))


@jobs.command("delete")
def jobs_delete(job: Annotated[str, typer.Argument()]) -> None:
    """Forget a job that is over; its files stay."""
    from daemon.commands import jobs as command

    _exit(lambda: command.delete(job))


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def send(context: typer.Context) -> None:
    """Send one OSC request to the running daemon, and print the answer."""
    from bridge.osc import send as command

    sys.exit(command.main(context.args))


@app.command()
def ports(as_json: Annotated[bool, Opt("--json")] = False) -> None:
    """The MIDI ports of this computer."""
    from daemon.commands import config as command

    _exit(lambda: command.show_ports(as_json))


def main() -> None:
    """Names that the terminal cannot show are shown with their numbers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()


def _drop_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None)}


def _split_commas(text: str) -> tuple[str, ...] | None:
    return tuple(part.strip() for part in text.split(",")) if text else None


def _exit(command: Callable[[], int]) -> None:
    from daemon.commands import run_to_exit

    sys.exit(run_to_exit(command))


if __name__ == "__main__":
    main()
