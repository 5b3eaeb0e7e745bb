"""Draws the three toolbar icons: python make_icons.py writes sidestick/icons/*.png.

REAPER's toolbar icons are three pictures side by side, 30 pixels square each: as it is, under the mouse, pressed.
"""

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

ICONS = Path(__file__).parent / "sidestick" / "icons"
SIZE, FINER = 30, 8
STATES = ((0.78, 0), (1.0, 0), (0.6, 1))  # brightness, pixels that it is pushed down
Pen = ImageDraw.ImageDraw
Colour = tuple[int, int, int]

KICK, SNARE, HIHAT, TEXT = (226, 112, 84), (237, 189, 89), (94, 186, 194), (222, 226, 230)


def _draw_notes(pen: Pen, ink: Callable[[Colour], Colour]) -> None:
    """Drums to MIDI: notes of three drums on a piano roll."""
    for row, (colour, starts) in enumerate(((HIHAT, (5, 10, 15, 20)), (SNARE, (10, 20)), (KICK, (5, 15)))):
        for start in starts:
            _draw_box(pen, (start, 6 + 6 * row, start + 4, 10 + 6 * row), ink(colour))


def _draw_waves(pen: Pen, ink: Callable[[Colour], Colour]) -> None:
    """Separate into stems: one wave above, three below it."""
    for row, (colour, heights) in enumerate(
        (
            (TEXT, (2, 5, 3, 6, 4, 2)),
            (KICK, (1, 4, 1, 4, 1, 1)),
            (SNARE, (2, 2, 3, 3, 2, 1)),
            (HIHAT, (1, 2, 1, 2, 3, 2)),
        )
    ):
        middle = 6 + 6.2 * row
        for column, height in enumerate(heights):
            x = 5 + 3.6 * column
            _draw_box(pen, (x, middle - height / 2, x + 2, middle + height / 2), ink(colour))


def _draw_list(pen: Pen, ink: Callable[[Colour], Colour]) -> None:
    """Review and relabel: groups of hits, one of them ticked."""
    for row, colour in enumerate((KICK, SNARE, HIHAT)):
        y = 7 + 7 * row
        pen.ellipse([FINER * v for v in (5, y - 2, 9, y + 2)], fill=ink(colour))
        _draw_box(pen, (12, y - 1, 18 if row == 1 else 25, y + 1), ink(TEXT))
    pen.line([(FINER * x, FINER * y) for x, y in ((19, 14), (21.5, 16.5), (26, 10.5))], ink(TEXT), 2 * FINER)


def _draw_box(pen: Pen, corners: tuple[float, float, float, float], colour: Colour) -> None:
    pen.rounded_rectangle([FINER * value for value in corners], FINER * 0.8, fill=colour)


DRAWINGS = {"drums": _draw_notes, "stems": _draw_waves, "review": _draw_list}


def icon(name: str) -> Image.Image:
    image = Image.new("RGBA", (len(STATES) * SIZE, SIZE))
    for number, (brightness, pushed) in enumerate(STATES):
        state = Image.new("RGBA", (SIZE * FINER, SIZE * FINER))

        def ink(colour: Colour, brightness: float = brightness) -> Colour:
            red, green, blue = (round(value * brightness) for value in colour)
            return red, green, blue

        DRAWINGS[name](ImageDraw.Draw(state), ink)
        small = state.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        image.paste(small, (number * SIZE, pushed))
    return image


def main() -> None:
    ICONS.mkdir(exist_ok=True)
    for name in DRAWINGS:
        icon(name).save(ICONS / f"sidestick_{name}.png", optimize=True)


if __name__ == "__main__":
    main()
