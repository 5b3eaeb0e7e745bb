"""Routes: notes to the MIDI port, and the beat tapped to them."""

from fastapi import APIRouter

from daemon.inlets.http import schemas
from daemon.inlets.http.context import Context
from daemon.inlets.http.errors import document_errors

router = APIRouter(prefix="/api", tags=["playing"])


@router.post("/jobs/{job}/push", summary="Play on the MIDI port", responses=document_errors(400, 404, 409))
def push(job: str, asked: schemas.PushBody, context: Context) -> schemas.PushedView:
    """Now, or with the DAW's transport. Corrections made meanwhile are heard at once."""
    return schemas.PushedView(notes=context.core.push(job, asked.model_dump()))


@router.post("/jobs/{job}/audition", summary="Play one cluster", responses=document_errors(400, 404, 409))
def audition(job: str, asked: schemas.AuditionBody, context: Context) -> schemas.PushedView:
    """Its hits on the MIDI port, without the long waits between them. With `learn` the next pad you play names it."""
    return schemas.PushedView(notes=context.core.audition(job, asked.cluster, asked.learn))


@router.post("/jobs/{job}/tap", summary="Tap the beat", responses=document_errors(400, 404, 409))
def tap(job: str, asked: schemas.TapBody, context: Context) -> schemas.TappedView:
    """Four even taps set the beat of the song, a new revision that can be undone. Send each tap as it is made."""
    made = context.core.tap(job, asked.seconds)
    return schemas.TappedView(taps=made.taps, bpm=made.bpm, revision=made.revision)


@router.post("/stop", summary="Stop what plays")
def stop(context: Context) -> schemas.EmptyView:
    """No note is left sounding."""
    context.core.stop()
    return schemas.EmptyView()


@router.post("/panic", summary="Silence")
def panic(context: Context) -> schemas.EmptyView:
    """On every channel, whatever plays."""
    context.core.panic()
    return schemas.EmptyView()
