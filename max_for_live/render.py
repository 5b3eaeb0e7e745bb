"""Draws the presentation, near enough to see what a Live user will see: python -m max_for_live.render OUT.png"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from daemon import __version__
from max_for_live.panel import BAR, HEIGHT, LABELS, METERS, WIDTH, panel
from max_for_live.patch import Box, Rect, Unit

SCALE = 2
BODY, FIELD, EDGE, INK, PALE, ACCENT = "#3a3a3a", "#262626", "#171717", "#d8d8d8", "#8c8c8c", "#f0a43c"
FONTS = ("Inter-Medium.otf", "DejaVuSans.ttf", "Arial.ttf")
COUNTS = ((96, 108), (48, 101), (12, 33), (180, 74), (22, 81), (7, 92), (4, 88))
# What the script would have put there for a song that is done.
SHOWN = {
    "exports": "Export ...",
    "link": f"sidestick {__version__}",
    "status": "Draft: 398 notes. Separating 62 %, 1 min 40 s left",
    "page": "1 / 2",
    "beat_now": "119.875 bpm, 4/4",
    "bpm": "119.88",
    **{f"count{i}": f"{n} hits, vel. {v}" for i, (n, v) in enumerate(COUNTS)},
}
CHOSEN = {"meter": METERS.index("4/4")} | {f"label{i}": LABELS.index(label) for i, label in enumerate(
    ("Kick", "Snare", "Side Stick", "Closed Hi-Hat", "Open Hi-Hat", "Crash", "Low Tom"))}  # fmt: skip


class DevicePicture:
    """A picture of the device."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), BODY)
        self._draw = ImageDraw.Draw(self.image)
        self._font = _font()

    def field(self, rect: Rect, fill: str = FIELD, rounded: int = 2) -> None:
        x, y, width, height = (n * SCALE for n in rect)
        self._draw.rounded_rectangle((x, y, x + width - 1, y + height - 1), rounded * SCALE, fill, EDGE)

    def arc(self, rect: Rect, part: float) -> None:
        x, y, width, height = (n * SCALE for n in rect)
        size = min(width, height)
        left = x + (width - size) // 2
        ring = (left, y, left + size, y + size)
        self._draw.arc(ring, 135, 405, FIELD, 3 * SCALE)
        self._draw.arc(ring, 135, 135 + 270 * part, ACCENT, 3 * SCALE)

    def text(self, rect: Rect, text: str, anchor: str = "mm", fill: str = INK) -> None:
        x, y, width, height = (n * SCALE for n in rect)
        across = {"m": x + width // 2, "l": x + 4 * SCALE}[anchor[0]]
        while text and self._draw.textlength(text, self._font) > width:
            text = text[:-2] + "…"
        self._draw.text((across, y + height // 2), text, fill, self._font, anchor)

    def lines(self, rect: Rect, text: str) -> None:
        """Text in as many lines as fit, from the top."""
        x, y, width, height = rect
        line, rows = "", []
        for word in text.split():
            if self._draw.textlength(f"{line} {word}", self._font) > (width - 6) * SCALE:
                rows.append(line)
                line = ""
            line = f"{line} {word}".strip()
        for i, row in enumerate([*rows, line][: height // 13]):
            self.text((x, y + 1 + 13 * i, width, 13), row, "lm")

    def triangle(self, rect: Rect) -> None:
        x, y, width, height = (n * SCALE for n in rect)
        middle, top = x + width // 2, y + height // 2 - SCALE
        self._draw.polygon([(middle - 3 * SCALE, top), (middle + 3 * SCALE, top), (middle, top + 4 * SCALE)], PALE)


def draw() -> Image.Image:
    """The device with a finished song, at twice its size."""
    picture = DevicePicture()
    for box in panel().boxes:
        draw_box(picture, box)
    return picture.image


def draw_box(picture: DevicePicture, box: Box) -> None:
    if box.shown:
        PAINTERS[box.maxclass](picture, box, box.shown)


def _colour(box: Box, attribute: str, usual: str) -> str:
    """An attribute of Max, four numbers up to 1, as Pillow wants it."""
    found = box.attributes.get(attribute)
    return "#" + "".join(f"{round(255 * part):02x}" for part in found[:3]) if found else usual


def _comment(picture: DevicePicture, box: Box, rect: Rect) -> None:
    centred = box.attributes.get("textjustification") == 1
    text = SHOWN.get(box.name, box.text)
    if rect[3] > 26:
        picture.lines(rect, text)
    else:
        picture.text(rect, text, "mm" if centred else "lm", _colour(box, "textcolor", INK))


def _menu(picture: DevicePicture, box: Box, rect: Rect) -> None:
    x, y, width, height = rect
    picture.field(rect)
    choices, first = (box.parameter.choices, box.parameter.initial) if box.parameter else ((SHOWN[box.name],), 0)
    chosen = choices[CHOSEN.get(box.name, first)]
    picture.text((x, y, width - 12, height), chosen, "lm", ACCENT)
    picture.triangle((x + width - 13, y, 12, height))


def _button(picture: DevicePicture, box: Box, rect: Rect) -> None:
    picture.field(rect, _colour(box, "activebgcolor", "#505050"), 4)
    picture.text(rect, str(box.attributes["text"]), fill=_colour(box, "activetextcolor", INK))


def _number(picture: DevicePicture, box: Box, rect: Rect) -> None:
    assert box.parameter
    picture.field(rect)
    unit = " %" if box.parameter.unit is Unit.PERCENT else ""
    picture.text(rect, SHOWN.get(box.name, f"{box.parameter.initial}{unit}"), "mm", ACCENT)


def _dial(picture: DevicePicture, box: Box, rect: Rect) -> None:
    assert box.parameter
    x, y, width, _ = rect
    picture.text((x, y, width, 12), box.parameter.short)
    picture.arc((x, y + 15, width, 20), box.parameter.initial / 100)
    picture.text((x, y + 35, width, 12), f"{box.parameter.initial} %")


def _drop(picture: DevicePicture, box: Box, rect: Rect) -> None:
    picture.field(rect, BODY, 4)
    picture.text(rect, str(box.attributes["legend"]), "mm", PALE)


def _progress(picture: DevicePicture, box: Box, rect: Rect) -> None:
    """A bar, or the thin line that a multislider of the usual style shows at its value."""
    x, y, width, height = rect
    reached = width * 3 // 5
    picture.field(rect)
    if box.attributes.get("setstyle") == BAR:
        picture.field((x, y, reached, height), ACCENT)
    else:
        picture.field((x + reached, y, 1, height), ACCENT, 0)


def _light(picture: DevicePicture, _: Box, rect: Rect) -> None:
    picture.field(rect, "#73cc66", 4)


def _line(picture: DevicePicture, _: Box, rect: Rect) -> None:
    x, y, _width, height = rect
    picture.field((x + 2, y, 1, height), EDGE, 0)


PAINTERS: dict[str, Callable[[DevicePicture, Box, Rect], None]] = {
    "live.comment": _comment, "live.menu": _menu, "umenu": _menu, "live.text": _button, "live.numbox": _number,
    "live.dial": _dial, "live.drop": _drop, "live.line": _line, "multislider": _progress, "panel": _light,
}  # fmt: skip


def _font() -> FreeTypeFont:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, 10 * SCALE)
        except OSError:
            continue
    raise SystemExit(f"None of the fonts {', '.join(FONTS)} is here. Install one of them to draw the device.")


def main(argv: Sequence[str]) -> None:
    draw().save(Path(argv[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
