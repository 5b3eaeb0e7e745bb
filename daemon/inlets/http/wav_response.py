"""A sound of the cache as the float WAV that it would be, or a part of it: nobody waits until all of it is written."""

import re
from collections.abc import Iterator

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from daemon.outlets.stems import StemSound, round_block
from daemon.pipeline.audio.wav import HEADER, wav_header

_BLOCK = 1 << 18  # frames
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def wav_response(sound: StemSound, request: Request, disposition: str) -> Response:
    """The whole file, or the range of bytes that `request` names; several ranges at once are answered by the whole."""
    size = HEADER.size + sound.audio.frames * sound.audio.channels * 4
    files = filter(None, (sound.audio, sound.without))
    named = "-".join(f"{each.path.parent.name}-{each.path.stem}" for each in files)
    tag = f'"{named}"'  # the folders are named by all that the sound depends on
    headers = {"Content-Disposition": disposition, "Accept-Ranges": "bytes", "ETag": tag}
    wanted = request.headers.get("range", "") if request.headers.get("if-range", tag) == tag else ""
    span = _read_range(wanted, size)
    if span is not None and span.start >= span.stop:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    status = 200 if span is None else 206
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
    span = span or range(size)
    headers["Content-Length"] = str(len(span))
    parts = iter(()) if request.method == "HEAD" else _parts(sound, span)
    return StreamingResponse(parts, status, headers, "audio/wav")


def _read_range(text: str, size: int) -> range | None:
    """The bytes that are asked for, none where there are no such; None for all of them."""
    found = _RANGE.fullmatch(text.replace(" ", ""))
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        return range(max(0, size - int(found[2])), size)
    return range(int(found[1]), min(size, int(found[2]) + 1 if found[2] else size))


def _parts(sound: StemSound, span: range) -> Iterator[bytes]:
    """These bytes of the file, block by block."""
    from daemon.pipeline.audio.difference import read_difference

    audio = sound.audio
    head, step = wav_header(audio.frames, audio.channels), 4 * audio.channels
    if span.start < len(head):
        yield head[span.start : span.stop]
    first, last = max(0, span.start - len(head)), span.stop - len(head)
    for frame in range(first // step, -(-last // step), _BLOCK):
        block = read_difference(audio, sound.without, frame, min(_BLOCK, -(-last // step) - frame), round_block)
        data = block.T.astype("<f4", order="C").tobytes()
        yield data[max(0, first - frame * step) : last - frame * step]
