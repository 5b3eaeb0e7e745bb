"""Routes: files to take away and sound to listen to. Players may ask for ranges."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse

from daemon.errors import Rejected
from daemon.inlets.http import schemas
from daemon.inlets.http.archive import disposition, pack_archive
from daemon.inlets.http.cached_results import BACKING
from daemon.inlets.http.context import Context, HttpContext
from daemon.inlets.http.errors import document_errors
from daemon.inlets.http.media_cache import WaveformSpan
from daemon.inlets.http.wav_response import wav_response
from daemon.outlets.exports.table import EXPORTS, export_of
from daemon.outlets.note_files import midi_bytes
from daemon.pipeline.records import Part

TYPES = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg", "mid": "audio/midi"}
MOST_POINTS = 20000

router = APIRouter(prefix="/api/jobs/{job}", tags=["files"])
_BYTES = {"schema": {"type": "string", "format": "binary"}}
FormatQuery = Annotated[schemas.AudioFormat, Query(alias="format")]
Name = Annotated[str, Path(max_length=32)]


def _file_response(*types: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": dict.fromkeys(types, _BYTES), "description": "The file."}}


_RANGE: dict[int | str, dict[str, Any]] = {
    206: {"description": "The part that was asked for."},
    416: {"description": "There is no such part."},
}
_SOUND: dict[int | str, dict[str, Any]] = {
    **_file_response("audio/wav", "audio/flac", "audio/mpeg"),
    **_RANGE,
    **document_errors(400, 404),
}
_EXPORT = {**_file_response("application/octet-stream"), **document_errors(400, 404, 409)}
_MIDI = {**_file_response("audio/midi"), **document_errors(404, 409)}
_PICTURE = {**_file_response("image/png"), **document_errors(404)}


@router.get("/midi", summary="The MIDI file", response_class=Response, responses=_MIDI)
def midi(job: str, context: Context) -> Response:
    """All parts, corrections included."""
    return _midi_response(context, job, None)


@router.get("/midi/{part}", summary="The MIDI file of one part", response_class=Response, responses=_MIDI)
def midi_part(job: str, part: Name, context: Context) -> Response:
    return _midi_response(context, job, part)


@router.get("/exports", summary="What can be exported", responses=document_errors(404, 409))
def exports(job: str, context: Context) -> schemas.ExportsView:
    """`objection` says why this song cannot have one, '' if it can."""
    score = context.core.score(job)
    described = ("name", "ending", "caption", "media_type")
    found = [({word: getattr(each, word) for word in described}, each.object(score)) for each in EXPORTS.values()]
    return schemas.ExportsView(exports=[schemas.ExportView(**about, objection=why) for about, why in found])


@router.get("/exports/{name}", summary="An export", response_class=Response, responses=_EXPORT)
def export(job: str, name: Name, context: Context) -> Response:
    """Made anew from the song as it is now."""
    asked, score = export_of(name), context.core.score(job)
    if reason := asked.object(score):
        raise Rejected("no_export", reason)
    data = asked.write(context.core.export_song(job))
    title = disposition(f"{score.name}.{asked.ending}", "attachment")
    return Response(data, media_type=asked.media_type, headers={"Content-Disposition": title})


@router.get("/stems", summary="What can be listened to", responses=document_errors(404))
def stems(job: str, context: Context) -> schemas.StemsView:
    """mix is the song, backing the song without its drums."""
    return schemas.StemsView(stems=list(context.sounds(job)))


@router.get("/stems/{name}", summary="A stem", response_class=FileResponse, responses=_SOUND)
def stem(request: Request, job: str, name: Name, context: Context, audio_format: FormatQuery = "wav") -> Response:
    """44.1 kHz: WAV as 32-bit floats, FLAC of 24 bits, or MP3 of 320 kbit/s. All stems of a song are equally long."""
    sounds, known = context.sound(job, name)
    title = disposition(f"{context.core.job(job).path.stem} {name}.{audio_format}", "inline")
    if audio_format == "wav":
        return wav_response(sounds[known], request, title)
    path = context.media_cache.encode(sounds, known, audio_format)
    return FileResponse(path, media_type=TYPES[audio_format], headers={"Content-Disposition": title})


@router.get("/drum-track", summary="The drums alone", response_class=FileResponse, responses=_SOUND)
def drum_track(request: Request, job: str, context: Context, audio_format: FormatQuery = "wav") -> Response:
    return stem(request, job, "drums", context, audio_format)


@router.get("/backing-track", summary="The song without its drums", response_class=FileResponse, responses=_SOUND)
def backing_track(request: Request, job: str, context: Context, audio_format: FormatQuery = "wav") -> Response:
    return stem(request, job, BACKING, context, audio_format)


@router.get(
    "/archive", summary="Everything in a ZIP", response_class=Response,
    responses={**_file_response("application/zip"), **document_errors(400, 404, 409)},
)  # fmt: skip
def archive(job: str, context: Context, audio_format: FormatQuery = "mp3") -> StreamingResponse:
    """Stems, MIDI and the manifest. It is packed while it is sent."""
    content = pack_archive(context, job, audio_format)
    headers = {"Content-Disposition": disposition(f"{context.core.job(job).path.stem}.zip", "attachment")}
    return StreamingResponse(content, media_type="application/zip", headers=headers)


@router.get("/waveform/{stem_name}", summary="A waveform", responses=document_errors(400, 404))
def waveform(
    job: str,
    stem_name: Name,
    context: Context,
    points: Annotated[int, Query(ge=1, le=MOST_POINTS)] = 2000,
    start: Annotated[float, Query(ge=0, le=1e6, allow_inf_nan=False)] = 0.0,
    end: Annotated[float | None, Query(ge=0, le=1e6, allow_inf_nan=False)] = None,
) -> schemas.WaveformView:
    """Peaks from `start` to `end` in seconds; the fewer seconds a point stands for, the finer they are."""
    sounds, known = context.sound(job, stem_name)
    last = sounds[known].audio.duration if end is None else end
    if last <= start:
        raise Rejected("bad_request", f"start {start:g} must lie before end {last:g}.")
    return schemas.WaveformView(**context.media_cache.waveform(sounds, known, WaveformSpan(start, last, points)))


@router.get("/spectrogram/{stem_name}", summary="A spectrogram", response_class=FileResponse, responses=_PICTURE)
def spectrogram(job: str, stem_name: Name, context: Context) -> FileResponse:
    """The whole of it, low below and high above, time from left to right."""
    sounds, known = context.sound(job, stem_name)
    return FileResponse(context.media_cache.spectrogram(sounds[known]), media_type="image/png")


def _midi_response(context: HttpContext, job: str, part: str | None) -> Response:
    score = context.core.score(job)
    there = score.options.parts
    if part is not None and part.casefold() not in there:
        raise Rejected(
            "unknown_part", f"There is no {part!r} in the MIDI of {score.name}; there is {', '.join(there)}."
        )
    data = midi_bytes(score, context.core.drum_map(score), Part(part.casefold()) if part else None)
    title = f"{score.name}{'' if part is None else f'.{part.casefold()}'}.mid"
    return Response(data, media_type=TYPES["mid"], headers={"Content-Disposition": disposition(title, "attachment")})
