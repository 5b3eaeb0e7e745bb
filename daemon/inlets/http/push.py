"""Routes: notes to the MIDI port."""

from fastapi import APIRouter

from daemon.inlets.http import schemas
from daemon.inlets.http.context import Context
from daemon.inlets.http.errors import document_errors
from daemon.outlets.notify import Requester

router = APIRouter(prefix="/api", tags=["playing"])
_HTTP_CLIENT = Requester("http", 0, lambda _: None)


@router.post("/jobs/{job}/push", summary="Play on the MIDI port", responses=document_errors(400, 404, 409))
def push(job: str, asked: schemas.PushBody, context: Context) -> schemas.PushedView:
    """Now, or with the DAW's transport. Corrections made meanwhile are heard at once."""
    return schemas.PushedView(notes=context.core.play(job, asked.model_dump()))


@router.post("/jobs/{job}/audition", summary="Play one cluster", responses=document_errors(400, 404, 409))
def audition(job: str, asked: schemas.AuditionBody, context: Context) -> schemas.EmptyView:
    """Its hits on the MIDI port, without the long waits between them."""
    context.core.audition(_HTTP_CLIENT, job, asked.cluster)
    return schemas.EmptyView()


@router.post("/stop", summary="Stop what plays")
def stop(context: Context) -> schemas.EmptyView:
    """No note is left sounding."""
    context.services.midi.stop()
    return schemas.EmptyView()


@router.post("/panic", summary="Silence")
def panic(context: Context) -> schemas.EmptyView:
    """On every channel, whatever plays."""
    context.services.midi.panic()
    return schemas.EmptyView()
