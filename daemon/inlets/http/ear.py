"""Routes: what the personal ear was taught, and forgetting it. Whether it learns is one of the settings."""

from fastapi import APIRouter

from daemon.inlets.http import schemas
from daemon.inlets.http.context import Context, HttpContext
from daemon.inlets.http.errors import document_errors
from daemon.inlets.http.setup import require_access
from daemon.outlets.ear_memory import EAR_FILE, EarMemory
from daemon.pipeline.cache import StageCache

router = APIRouter(prefix="/api/ear", tags=["sidestick"])


@router.get("", summary="What corrections taught the ear", responses=document_errors(403))
def show(context: Context) -> schemas.EarView:
    """By song and drum, the oldest first. Only from this machine."""
    require_access(context)
    return _view(context)


@router.delete("", summary="Forget what corrections taught the ear", responses=document_errors(403))
def forget(context: Context) -> schemas.EarView:
    """All of it. Only from this machine."""
    require_access(context)
    _memory(context).forget()
    return _view(context)


def _memory(context: HttpContext) -> EarMemory:
    folders = context.settings.folders
    return EarMemory(folders.state / EAR_FILE, StageCache(folders.cache / "stages"))


def _view(context: HttpContext) -> schemas.EarView:
    songs = [
        schemas.TaughtSongView(name=song.name, examples=song.counts, corrected=song.corrected)
        for song in _memory(context).songs()
    ]
    return schemas.EarView(on=context.settings.personal_ear, songs=songs)
