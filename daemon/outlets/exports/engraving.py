"""The score as a picture: engraved by verovio, as one long SVG or as the pages of a PDF."""

import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring, register_namespace, tostring

from daemon.outlets.arrange import Arrangement
from daemon.outlets.exports import musicxml, svg_to_pdf
from daemon.outlets.exports.song import ExportSong, require_beat

_SVG = "http://www.w3.org/2000/svg"
_A4 = {"pageWidth": 2100, "pageHeight": 2970}  # tenths of a millimetre
_TALL = 60000  # as high as verovio's pages may be
_SEED = 1  # the ids within the SVG: equal songs give equal bytes
# Signs of verovio's own font within texts, for programs that do not load fonts out of an SVG.
_SIGNS = {"\ueca5": "♩", "\uecb7": ".", "\uea64": "♭", "\uea65": "♮", "\uea66": "♯"}
_OWN_FONT = re.compile(r'font-family="Leipzig"')


def to_svg(song: ExportSong) -> bytes:
    """All systems below one another in one picture.

    A bar has data-start and data-end, a note data-onset: the seconds of the song at which they are played.
    """
    written = musicxml.write_score(song)
    toolkit = _engrave(written, pageHeight=_TALL, adjustPageHeight=True, smuflTextFont="none")
    texts = (toolkit.renderToSVG(number) for number in range(1, toolkit.getPageCount() + 1))
    pages = [fromstring(_with_plain_signs(text)) for text in texts]
    times = _attributes(toolkit, written)
    for element in (each for page in pages for each in page.iter(f"{{{_SVG}}}g")):
        for name, time in times.get(element.get("id", ""), {}).items():
            element.set(name, f"{max(0.0, time):.3f}")
    register_namespace("", _SVG)
    register_namespace("xlink", "http://www.w3.org/1999/xlink")
    return _pile(pages)


def _attributes(toolkit: Any, written: musicxml.WrittenScore) -> dict[str, dict[str, float]]:
    """By the id of an element what it says of its time, in seconds."""
    found: dict[str, dict[str, float]] = {}
    measures: list[tuple[str, float]] = []
    for event in toolkit.renderToTimemap({"includeMeasures": True}):
        time = written.seconds(event["qstamp"])
        found |= {note: {"data-onset": time} for note in event.get("on", ())}
        if "measureOn" in event:
            measures.append((event["measureOn"], time))
    last = written.song_bars.seconds(written.bars[-1].end)
    ends = [*(time for _, time in measures[1:]), last]
    return found | {
        name: {"data-start": time, "data-end": end} for (name, time), end in zip(measures, ends, strict=True)
    }


def to_pdf(song: ExportSong) -> bytes:
    toolkit = _engrave(musicxml.write_score(song), smuflTextFont="none")
    pages = (toolkit.renderToSVG(number) for number in range(1, toolkit.getPageCount() + 1))
    return svg_to_pdf.to_pdf(
        [_with_plain_signs(page) for page in pages],
        _A4["pageWidth"] / 10,
        _A4["pageHeight"] / 10,
        song.arrangement.name,
    )


def _with_plain_signs(page: str) -> str:
    for own, plain in _SIGNS.items():
        page = page.replace(own, plain)
    return _OWN_FONT.sub("", page)


def object_to_pdf(arrangement: Arrangement) -> str:
    """A song without a beat has no score; and cairo is a library that pip does not bring."""
    try:
        import cairocffi  # noqa: F401
    except ImportError:
        return require_beat(arrangement)  # the table says which package is missing
    except OSError:
        return "It needs the library cairo, which is not here. Take the svg and print it from your browser."
    return require_beat(arrangement)


def _engrave(written: musicxml.WrittenScore, **options: object) -> Any:
    import verovio

    verovio.setDefaultResourcePath(str(Path(verovio.__file__).with_name("data")))  # of this thread
    toolkit = verovio.toolkit()
    toolkit.setOptions({**_A4, "scale": 40, "footer": "none", "breaks": "auto", "xmlIdSeed": _SEED, **options})
    toolkit.loadData(musicxml.encode(written).decode("utf-8"))
    return toolkit


def _pile(pages: list[Element]) -> bytes:
    """Pages of an equal width in one SVG."""
    if len(pages) == 1:
        found: bytes = tostring(pages[0], encoding="utf-8")
        return found
    heights = [_pixels(page, "height") for page in pages]
    size = {"width": f"{_pixels(pages[0], 'width'):g}px", "height": f"{sum(heights):g}px"}
    root, top = Element(f"{{{_SVG}}}svg", size), 0.0
    for page, height in zip(pages, heights, strict=True):
        SubElement(root, f"{{{_SVG}}}g", transform=f"translate(0 {top:g})").append(page)
        top += height
    whole: bytes = tostring(root, encoding="utf-8")
    return whole


def _pixels(page: Element, side: str) -> float:
    return float(page.get(side, "0").removesuffix("px"))
