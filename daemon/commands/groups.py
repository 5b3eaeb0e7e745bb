"""The commands that come in groups: `sidestick models ...`, `sidestick service ...`, `sidestick jobs ...`."""

from typing import Annotated

import typer
from typer import Option as Opt

from daemon.commands import exit_after

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
