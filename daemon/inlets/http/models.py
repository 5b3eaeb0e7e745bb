"""Routes: the networks: which are here, what others would cost, fetching one and removing it."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, BackgroundTasks

from daemon.backends.checkpoints import Checkpoints
from daemon.errors import NoWeights, Rejected
from daemon.inlets.http import schemas
from daemon.inlets.http.context import Context, HttpContext
from daemon.inlets.http.errors import document_errors
from daemon.inlets.http.setup import require_access
from daemon.jobs.timings import TIMINGS_FILE, Timings
from daemon.model_list import ModelInfo, list_models, missing_separator

router = APIRouter(prefix="/api/models", tags=["sidestick"])


@router.get("", summary="The networks: which are here, and what others would cost")
def show(context: Context) -> schemas.ModelsView:
    """Nothing is fetched by asking."""
    return _view(context)


@router.post("/{name}/fetch", status_code=202, summary="Fetch a network", responses=document_errors(400, 404))
def fetch(name: str, work: BackgroundTasks, context: Context) -> schemas.ModelsView:
    """It goes on after the answer; ask for the networks to see how far it is. Only from this machine."""
    require_access(context)
    weights = _require_name(name, context)
    if weights.offline:
        raise Rejected("bad_option", "sidestick may fetch no networks now. Allow it in the settings first.")
    if context.model_downloads.begin(name):
        work.add_task(context.model_downloads.run, name, context.settings.folders.state)
    return _view(context)


@router.delete("/{name}", summary="Remove a network", responses=document_errors(404, 409))
def remove(name: str, context: Context) -> schemas.ModelsView:
    """Its files; it can be fetched again. A checkpoint of your own stays. Only from this machine."""
    require_access(context)
    weights = _require_name(name, context)
    if context.model_downloads.is_running(name):
        raise Rejected("job_active", f"{name} is being fetched. Wait for its end.")
    weights.remove(name)
    return _view(context)


def _require_name(name: str, context: HttpContext) -> Checkpoints:
    weights = _checkpoints(context)
    if not (name in weights.names() and weights.is_pinned(name)):
        raise Rejected("no_model", f"There is no network {name!r} to be fetched or removed here.")
    return weights


def _checkpoints(context: HttpContext) -> Checkpoints:
    settings = context.settings
    return Checkpoints(settings.folders.models, offline=settings.offline, custom=settings.models)


def _view(context: HttpContext) -> schemas.ModelsView:
    settings, weights = context.settings, _checkpoints(context)
    timings = Timings(settings.folders.state / TIMINGS_FILE)
    missing = missing_separator(context.core.defaults, weights, timings)
    downloads = context.model_downloads
    return schemas.ModelsView(
        folder=str(settings.folders.models),
        offline=settings.offline,
        models=[
            schemas.ModelView(
                **{**_plain(found), "problem": downloads.problem(found.name) or _problem_of(found)},
                own=not weights.is_pinned(found.name),
                fetched_bytes=_fetched_bytes(weights, found.name) if downloads.is_running(found.name) else None,
            )
            for found in list_models(weights, timings)
        ],
        next_fetch=missing.name if missing else None,
    )


def _plain(found: ModelInfo) -> dict[str, Any]:
    return {name: value for name, value in asdict(found).items() if name != "cause"}


def _problem_of(found: ModelInfo) -> str:
    """Why it cannot be used, without the words of the command line; nothing of one that was never fetched."""
    return f"It cannot be used, for {found.cause}. Fetch it again." if found.state == "unusable" else ""


def _fetched_bytes(weights: Checkpoints, name: str) -> int:
    try:
        return sum(path.stat().st_size for path in (weights.folder / name).iterdir())
    except (OSError, NoWeights):
        return 0
