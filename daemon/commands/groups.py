"""The commands that come in groups: `sidestick models ...`, `sidestick service ...`, `sidestick jobs ...`."""

from typing import Annotated

import typer
from typer import Option as Opt

from daemon.commands import exit_after, flags

models = typer.Typer(help="The weights of the networks: what is there, and fetch more.", no_args_is_help=True)


@models.command("list")
def models_list(as_json: Annotated[bool, Opt("--json")] = False) -> None:
    """All models: size, licence, and whether they are here."""
    from daemon.commands import models as command

    exit_after(lambda: command.show(as_json))


@models.command("fetch")
def models_fetch(names: Annotated[list[str], typer.Argument(metavar="NAME...")]) -> None:
    """Download and check the weights of these models."""
    from daemon.commands import models as command

    exit_after(lambda: command.fetch(names))


@models.command("path")
def models_path(name: Annotated[str, typer.Argument()]) -> None:
    """Where a model's weights lie."""
    from daemon.commands import models as command

    exit_after(lambda: command.path(name))


ear = typer.Typer(help="The personal ear: what your corrections taught it.")


@ear.callback(invoke_without_command=True)
def ear_show(context: typer.Context, as_json: Annotated[bool, Opt("--json")] = False) -> None:
    """Whether it learns, and what it has learnt from which songs."""
    from daemon.commands import ear as command

    if context.invoked_subcommand is None:
        exit_after(lambda: command.show(as_json))


@ear.command("on")
def ear_on() -> None:
    """Corrections of drums teach the ear from now on; the next songs on that kit are heard with it."""
    from daemon.commands import ear as command

    exit_after(lambda: command.switch(on=True))


@ear.command("off")
def ear_off() -> None:
    """It learns nothing more, and songs are heard without it. What it learnt stays."""
    from daemon.commands import ear as command

    exit_after(lambda: command.switch(on=False))


@ear.command("clear")
def ear_clear() -> None:
    """Forget all that it learnt."""
    from daemon.commands import ear as command

    exit_after(command.clear)


service = typer.Typer(help="sidestick from log-on, as a service of your system.", no_args_is_help=True)


@service.command("install")
def service_install() -> None:
    """Start sidestick now and at every log-on."""
    from daemon.commands import service as command

    exit_after(command.install)


@service.command("uninstall")
def service_uninstall() -> None:
    """Stop it, now and for good. Songs, results and settings stay."""
    from daemon.commands import service as command

    exit_after(command.uninstall)


@service.command("status")
def service_status() -> None:
    """Whether it runs, as the system sees it."""
    from daemon.commands import service as command

    exit_after(command.status)


@service.command("logs")
def service_logs(
    lines: Annotated[int, Opt("--lines", "-n", min=0, help="How many.")] = 40,
    follow: Annotated[bool, Opt("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
) -> None:
    """What sidestick has done lately."""
    from daemon.commands import service as command

    exit_after(lambda: command.logs(lines, follow))


jobs = typer.Typer(help="What was asked for, and how far it is.", invoke_without_command=True)


@jobs.callback()
def jobs_list(
    context: typer.Context,
    limit: Annotated[int, Opt(help="How many, the newest first.", min=1, max=1000)] = 20,
    as_json: Annotated[bool, Opt("--json")] = False,
) -> None:
    """A table that moves while there is work."""
    from daemon.commands import jobs as command

    if context.invoked_subcommand is None:
        exit_after(lambda: command.show(limit, as_json))


@jobs.command("cancel")
def jobs_cancel(job: Annotated[str, typer.Argument()]) -> None:
    """Stop a job, or take it out of the queue."""
    from daemon.commands import jobs as command

    exit_after(lambda: command.cancel(job))


@jobs.command("delete")
def jobs_delete(job: Annotated[str, typer.Argument()]) -> None:
    """Forget a job that is over; its files stay."""
    from daemon.commands import jobs as command

    exit_after(lambda: command.delete(job))


catalogue = typer.Typer(help="Many songs on many machines, by a queue and a store.", no_args_is_help=True)
RunName = Annotated[str, typer.Argument(metavar="RUN", help="The run's name, as `catalogue status` lists it.")]


@catalogue.command("run")
def catalogue_run(
    songs: Annotated[str, typer.Argument(help="Where they are: s3://bucket/prefix, or a .csv of addresses there.")],
    out: Annotated[str, Opt(help="Where results go: s3://bucket/prefix, gs://, az:// or file:///folder.")],
    input: flags.Input = "",
    parts: flags.Parts = None,
    separator: flags.Separator = "",
    stems: flags.Stems = "",
    export: flags.Export = "",
    options: Annotated[str, Opt(help="Any other option, as JSON.")] = "",
    as_json: Annotated[bool, Opt("--json", help="Progress as JSON, an object a line.")] = False,
) -> None:
    """Do every song; the same request again goes on with those that are left."""
    from daemon.commands import catalogue as command
    from daemon.commands import part_flags

    typed = {
        "input": input, "parts": part_flags.parts(parts), "separator": separator, "stems": stems,
        "export": export, "options": options,
    }  # fmt: skip
    exit_after(lambda: command.run(songs, out, typed, as_json))


@catalogue.command("worker")
def catalogue_worker(
    queues: Annotated[str, Opt(help="Which it takes, of io, separate and cpu.")] = "io,separate,cpu",
    processes: Annotated[int, Opt(help="Tasks at once.", min=1, max=256)] = 1,
) -> None:
    """Work for catalogues until Ctrl-C."""
    from daemon.commands import catalogue as command

    wanted = [each.strip() for each in queues.split(",") if each.strip()]
    exit_after(lambda: command.work(wanted, processes))


@catalogue.command("status")
def catalogue_status(name: Annotated[str, typer.Argument(metavar="[RUN]")] = "", as_json: flags.AsJson = False) -> None:
    """How far runs are."""
    from daemon.commands import catalogue as command

    exit_after(lambda: command.show_status(name, as_json))


@catalogue.command("failed")
def catalogue_failed(name: RunName, as_json: flags.AsJson = False) -> None:
    """The songs that failed, each with its reason."""
    from daemon.commands import catalogue as command

    exit_after(lambda: command.show_failed(name, as_json))


@catalogue.command("report")
def catalogue_report(name: RunName) -> None:
    """A CSV of all songs that have come to an end."""
    from daemon.commands import catalogue as command

    exit_after(lambda: command.report(name))


@catalogue.command("retry")
def catalogue_retry(name: RunName) -> None:
    """Forget the failures, so that the run does those songs again."""
    from daemon.commands import catalogue as command

    exit_after(lambda: command.retry(name))


@catalogue.command("cancel")
def catalogue_cancel(name: RunName) -> None:
    """End a run at once; what is done stays."""
    from daemon.commands import catalogue as command

    exit_after(lambda: command.cancel(name))
