"""Draws what a script drew with gfx, in letters of Arial's widths: python -m tests.reaper.draw OUTCOME.json OUT.png"""

import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

FINER = 4  # drawn so many times larger, then made smaller: smooth edges
FONTS = {False: "LiberationSans-Regular.ttf", True: "LiberationSans-Bold.ttf"}
INSTEAD = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}


def draw(picture: dict[str, Any]) -> Image.Image:
    """The frame as it would be seen, one pixel for one."""
    size = (int(picture["w"]), int(picture["h"]))
    image = Image.new("RGB", (size[0] * FINER, size[1] * FINER))
    pen = ImageDraw.Draw(image, "RGBA")
    for kind, ink, *numbers in picture["shapes"]:
        PENS[kind](pen, tuple(ink), *numbers)
    return image.resize(size, Image.Resampling.LANCZOS)


def _rect(pen: ImageDraw.ImageDraw, ink: Any, x: float, y: float, w: float, h: float) -> None:
    if w > 0 and h > 0:
        pen.rectangle((x * FINER, y * FINER, (x + w) * FINER - 1, (y + h) * FINER - 1), ink)


def _circle(pen: ImageDraw.ImageDraw, ink: Any, x: float, y: float, radius: float) -> None:
    middle, reach = ((x + 0.5) * FINER, (y + 0.5) * FINER), (radius + 0.5) * FINER
    pen.ellipse((middle[0] - reach, middle[1] - reach, middle[0] + reach - 1, middle[1] + reach - 1), ink)


def _triangle(pen: ImageDraw.ImageDraw, ink: Any, *corners: float) -> None:
    pen.polygon([corner * FINER for corner in corners], ink)


def _line(pen: ImageDraw.ImageDraw, ink: Any, *ends: float) -> None:
    pen.line([(end + 0.5) * FINER for end in ends], ink, FINER)


def _text(pen: ImageDraw.ImageDraw, ink: Any, x: float, y: float, _: float, h: float, bold: bool, text: str) -> None:
    font = _font(bold, round(h * FINER))
    pen.text((x * FINER, (y + 0.84 * h) * FINER), text, ink, font, "ls")


def _font(bold: bool, size: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(FONTS[bold], size)
    except OSError:
        return ImageFont.truetype(INSTEAD[bold], size)


PENS: dict[str, Any] = {"rect": _rect, "circle": _circle, "line": _line, "triangle": _triangle, "text": _text}


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text("utf-8"))["picture"]).save(sys.argv[2])
