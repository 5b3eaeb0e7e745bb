"""Route: the network that works on a job now, the layer that works in it, and what the stems sound like so far."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from daemon.inlets.http.context import Context
from daemon.inlets.http.errors import document_errors
from daemon.inlets.http.network_schemas import NetworkView
from daemon.pipeline.separation_log import read_log
from daemon.pipeline.stages import SEPARATE

_ACTIVITY = ("network", "layers", "working", "finished", "count")

router = APIRouter(prefix="/api/jobs/{job}", tags=["files"])


@router.get("/network", summary="The network that works now", responses=document_errors(400, 404))
def network(
    job: str,
    context: Context,
    first: Annotated[int, Query(ge=0, le=100_000, description="of the columns that are asked for")] = 0,
) -> NetworkView:
    """While a song is taken apart also how its stems sound so far; ask again with `first` for the rest."""
    found = context.core.job(job)
    progress = context.core.progress_of([found])[0].progress
    step = progress.stage if progress else ""
    if step == SEPARATE.name and (folder := context.cached_results.find_unfinished(found, step)):
        log = read_log(folder, first)
        if log is not None:
            return _view_separation(step, log)
    known = context.cached_results.architecture(found, step)
    name, layers = (known.name, list(known.layers)) if known else ("", [])
    return NetworkView(step=step, network=name, layers=layers, working=[], finished=0, count=0, separation=None)


def _view_separation(step: str, log: dict[str, Any]) -> NetworkView:
    stems = {name: value for name, value in log.items() if name not in _ACTIVITY}
    activity = {name: log[name] for name in _ACTIVITY}
    return NetworkView.model_validate({"step": step, **activity, "separation": stems})
