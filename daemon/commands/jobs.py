"""`sidestick jobs`: what was asked for, what goes on, and the end of what nobody wants any more."""

import json
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.discovery import is_alive, read_running, state_folder
from bridge.osc.client import Client, NoAnswerError, RefusedError
from daemon.config import load
from daemon.errors import JobMoved, Rejected
from daemon.jobs.job import State
from daemon.jobs.store import FILE, JobStore

if TYPE_CHECKING:
    from rich.table import Table

REFRESH_SECONDS = 0.5  # seconds between two looks
ANSWER_SECONDS = 2.0  # seconds
NOTHING = (
    "Nothing was asked for yet. Drop a song into a drop folder, or: sidestick send /sidestick/process /path/of/song.wav"
)

Row = dict[str, Any]


def show(limit: int, as_json: bool) -> int:
    """A table that moves as long as there is work, on a terminal; once, elsewhere."""
    from rich.console import Console

    if as_json:
        print(json.dumps(rows(limit), indent=1, ensure_ascii=False))
        return 0
    console = Console()
    found = rows(limit)
    if not found:
        print(NOTHING)
    elif console.is_terminal:
        _watch(console, limit, found)
    else:
        _print_rows(found)
    return 0


def cancel(job: str) -> int:
    """By the daemon if one runs; a queued job also without."""
    if not _ask_daemon("/sidestick/cancel", job):
        with closing(_open_store()) as store:
            found = store.get(job)
            if not found.is_active:
                raise Rejected("job_over", f"{found.name} cannot be cancelled: it is {found.state} already.")
            _cancel_in_store(store, job)
    print(f"Job {job} is cancelled.")
    return 0


def delete(job: str) -> int:
    """Forget a job that has ended. The files beside the song stay."""
    with closing(_open_store()) as store:
        gone = store.delete(job)
    print(f"Job {job} is forgotten. What it made of {gone.name} stays where it is.")
    return 0


def rows(limit: int) -> list[Row]:
    """The newest first: from the daemon, which knows how far they are, or from its list."""
    answer = _ask_daemon("/sidestick/jobs", limit)
    if answer:
        found: list[Row] = json.loads(Path(answer).read_text("utf-8"))
        return found
    from daemon.jobs.listings import JobStatus, job_rows

    with closing(_open_store()) as store:
        return job_rows([JobStatus(job, None) for job in store.list_latest(limit)])


def _ask_daemon(address: str, argument: str | int) -> str:
    """The daemon's answer, '' if none runs. Raises Rejected in its words."""
    running = read_running(state_folder())
    if running is None or not is_alive(running):
        return ""
    try:
        with Client(running.osc_port, ANSWER_SECONDS) as client:
            return str(client.ask(address, argument).args[-1])
    except NoAnswerError:
        return ""
    except RefusedError as error:
        raise Rejected(error.code, error.text) from None


def _open_store() -> JobStore:
    return JobStore(load().settings.folders.state / FILE)


def _cancel_in_store(store: JobStore, job: str) -> None:
    """Without a daemon nothing runs, whatever the list says of a job that was interrupted."""
    try:
        store.move(store.get(job), State.CANCELLED, code="cancelled", reason="Cancelled.", draft=False)
    except JobMoved:
        raise Rejected(
            "job_moved", f"Job {job} has just changed its state. Look again with `sidestick jobs`."
        ) from None


def _watch(console: Any, limit: int, found: list[Row]) -> None:
    from rich.live import Live

    with Live(_table(found), console=console, auto_refresh=False) as live:
        while any(row["state"] in (State.QUEUED, State.RUNNING) for row in found):
            time.sleep(REFRESH_SECONDS)
            found = rows(limit)
            live.update(_table(found), refresh=True)


def _table(found: list[Row]) -> "Table":
    """An id is shown whole, because it is copied; the song's name gives way."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    table.add_column("job", no_wrap=True, min_width=12)
    table.add_column("state", no_wrap=True, min_width=7)
    table.add_column("song", min_width=4, max_width=48)
    table.add_column("how far", min_width=12)
    table.add_column("left", no_wrap=True, min_width=4, justify="right")
    for row in found:
        job, state, song, far, left = _cells(row)
        table.add_row(job, state, Text(song, no_wrap=True, overflow="ellipsis"), Text(far), left)
    return table


def _print_rows(found: list[Row]) -> None:
    for row in found:
        print("  ".join(filter(None, _cells(row))))


def _cells(row: Row) -> tuple[str, ...]:
    far = f"{row['fraction']:.0%} {row['stage']}" if row["stage"] else row["reason"]
    left = f"{int(row['eta']) // 60}:{int(row['eta']) % 60:02d}" if row["eta"] is not None else ""
    return row["job"], row["state"], Path(row["path"]).name, far, left
