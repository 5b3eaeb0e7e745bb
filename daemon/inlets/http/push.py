"""Routes: notes to the MIDI port."""

from fastapi import APIRouter

from daemon.inlets.http import schemas as shapes
from daemon.inlets.http.context import Here
from daemon.inlets.http.errors import may
from daemon.outlets.notify import Asker

router = APIRouter(prefix="/api", tags=["playing"])
_ME = Asker("http", 0, lambda _: None)


@router.post("/jobs/{job}/push", summary="Play on the MIDI port", responses=may(400, 404, 409))
def push(job: str, asked: shapes.Push, here: Here) -> shapes.Pushed:
    """Now, or with the DAW's transport. Corrections made meanwhile are heard at once."""
    return shapes.Pushed(notes=here.desk.play(job, asked.model_dump()))


@router.post("/jobs/{job}/audition", summary="Play one cluster", responses=may(400, 404, 409))
def audition(job: str, asked: shapes.Audition, here: Here) -> shapes.Nothing:
    """Its hits on the MIDI port, without the long waits between them."""
    here.desk.audition(_ME, job, asked.cluster)
    return shapes.Nothing()


@router.post("/stop", summary="Stop what plays")
def stop(here: Here) -> shapes.Nothing:
    """No note is left sounding."""
    here.staff.midi.stop()
    return shapes.Nothing()


@router.post("/panic", summary="Silence")
def panic(here: Here) -> shapes.Nothing:
    """On every channel, whatever plays."""
    here.staff.midi.panic()
    return shapes.Nothing()
