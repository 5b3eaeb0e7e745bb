"""The pages that verovio draws, as a PDF: the few elements of its SVG, straight to cairo.

A program that knows all of SVG takes ten seconds for a song; verovio needs paths, polygons, ellipses, rectangles, signs
that are used again and again, and plain text.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, fromstring

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_PART = re.compile(r"[A-Za-z]|[-+]?(?:\d*\.\d+|\d+)(?:[eE][-+]?\d+)?")
_CALL = re.compile(r"(\w+)\(([^)]*)\)")
_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "Z": 0}
_POINTS_PER_MM = 72 / 25.4
_DATE = "2000-01-01T00:00:00"  # equal songs give equal bytes
_FONT = "serif"
SHAPES = ("use", "path", "polygon", "polyline", "ellipse", "rect", "text")
_UNSEEN = ("defs", "style", "title", "desc")

Point = tuple[float, float]


def to_pdf(pages: Sequence[str], width: float, height: float, title: str) -> bytes:
    """`width` and `height` are millimetres of paper."""
    import cairocffi

    data = BytesIO()
    surface = cairocffi.PDFSurface(data, width * _POINTS_PER_MM, height * _POINTS_PER_MM)
    surface.set_metadata(cairocffi.PDF_METADATA_TITLE, title)
    surface.set_metadata(cairocffi.PDF_METADATA_CREATE_DATE, _DATE)
    context = cairocffi.Context(surface)
    for page in pages:
        root = fromstring(page)
        inner = next(child for child in root if child.tag == f"{_SVG}svg")
        _, _, view, _ = (float(number) for number in inner.get("viewBox", "0 0 1 1").split())
        context.save()
        context.scale(width * _POINTS_PER_MM / view)
        _Page(context, root).draw(inner)
        context.restore()
        surface.show_page()
    surface.finish()
    return data.getvalue()


class _Page:
    """Draws elements in turn; what is used by name is kept as a path."""

    def __init__(self, context: Any, root: Element) -> None:
        self._context = context
        self._signs = {f"#{sign.get('id')}": sign for sign in root.iter(f"{_SVG}g") if sign.get("id")}
        self._paths: dict[str, Any] = {}
        self._shapes: dict[str, Callable[[Element], None]] = {name: getattr(self, f"_{name}") for name in SHAPES}

    def draw(self, element: Element) -> None:
        """An element with all that is in it."""
        name, move = element.tag.removeprefix(_SVG), element.get("transform", "")
        if name in _UNSEEN or "placeholder" in element.get("class", ""):
            return
        if move:
            self._context.save()
            _transform(self._context, move)
        if draw := self._shapes.get(name):
            draw(element)
        else:
            for child in element:
                self.draw(child)
        if move:
            self._context.restore()

    def _use(self, element: Element) -> None:
        name = element.get(_LINK, "")
        if name not in self._paths:
            (sign,) = self._signs[name].iter(f"{_SVG}path")
            self._context.save()
            self._context.identity_matrix()
            _transform(self._context, sign.get("transform", ""))
            self._context.new_path()
            _trace(self._context, sign.get("d", ""))
            self._context.identity_matrix()
            self._paths[name] = self._context.copy_path()
            self._context.restore()
        self._context.new_path()
        self._context.append_path(self._paths[name])
        self._context.fill()

    def _path(self, element: Element) -> None:
        _trace(self._context, element.get("d", ""))
        self._paint(element, filled="C" in element.get("d", "") and element.get("fill") != "none")

    def _polygon(self, element: Element) -> None:
        self._polyline(element, closed=True)

    def _polyline(self, element: Element, closed: bool = False) -> None:
        for index, (x, y) in enumerate(_pairs(element.get("points", ""))):
            (self._context.line_to if index else self._context.move_to)(x, y)
        if closed:
            self._context.close_path()
        self._paint(element, filled=closed)

    def _ellipse(self, element: Element) -> None:
        x, y, rx, ry = (float(element.get(name, "0")) for name in ("cx", "cy", "rx", "ry"))
        self._context.save()
        self._context.translate(x, y)
        self._context.scale(rx or 1, ry or 1)
        self._context.arc(0, 0, 1, 0, 6.2832)
        self._context.restore()
        self._paint(element, filled=True)

    def _rect(self, element: Element) -> None:
        self._context.rectangle(*(float(element.get(name, "0")) for name in ("x", "y", "width", "height")))
        self._paint(element, filled=True)

    def _paint(self, element: Element, filled: bool) -> None:
        width = float(element.get("stroke-width", "0"))
        if filled:
            self._context.fill_preserve()
        if width:
            self._context.set_line_width(width)
            self._context.stroke_preserve()
        self._context.new_path()

    def _text(self, element: Element) -> None:
        """Pieces after one another, each with its size and style, from where the text is anchored."""
        pieces = list(_pieces(element, 0.0, "", ""))
        widths = [self._set_font(size, slant, weight).text_extents(text)[4] for text, size, slant, weight in pieces]
        start = {"middle": sum(widths) / 2, "end": sum(widths)}.get(_anchor(element), 0.0)
        x, y = _place(element)
        for (text, size, slant, weight), width in zip(pieces, widths, strict=True):
            self._set_font(size, slant, weight).move_to(x - start, y)
            self._context.show_text(text)
            x += width

    def _set_font(self, size: float, slant: str, weight: str) -> Any:
        import cairocffi

        sloping = cairocffi.FONT_SLANT_ITALIC if slant == "italic" else cairocffi.FONT_SLANT_NORMAL
        heavy = cairocffi.FONT_WEIGHT_BOLD if weight == "bold" else cairocffi.FONT_WEIGHT_NORMAL
        self._context.select_font_face(_FONT, sloping, heavy)
        self._context.set_font_size(size)
        return self._context


def _place(text: Element) -> Point:
    """A text's own place, or that of the first piece that has one."""
    found = next((piece for piece in text.iter() if piece.get("x")), text)
    return float(found.get("x", "0")), float(found.get("y", "0"))


def _anchor(text: Element) -> str:
    return next((piece.get("text-anchor", "") for piece in text.iter() if piece.get("text-anchor")), "")


def _pieces(element: Element, size: float, slant: str, weight: str) -> Iterator[tuple[str, float, str, str]]:
    size = float(element.get("font-size", f"{size}px").removesuffix("px")) or size
    slant, weight = element.get("font-style", slant), element.get("font-weight", weight)
    if element.text and element.text.strip():
        yield element.text.strip("\n"), size, slant, weight
    for child in element:
        yield from _pieces(child, size, slant, weight)


def _pairs(text: str) -> Iterator[Point]:
    numbers = [float(number) for number in re.split(r"[\s,]+", text.strip())]
    return zip(numbers[::2], numbers[1::2], strict=True)


def _transform(context: Any, text: str) -> None:
    for name, given in _CALL.findall(text):
        numbers = [float(number) for number in re.split(r"[\s,]+", given.strip())]
        if name == "translate":
            context.translate(numbers[0], numbers[1] if len(numbers) > 1 else 0)
        elif name == "scale":
            context.scale(numbers[0], numbers[-1])
        elif name == "rotate":
            x, y = numbers[1:] or (0.0, 0.0)
            context.translate(x, y)
            context.rotate(numbers[0] * 0.017453293)
            context.translate(-x, -y)


def _trace(context: Any, outline: str) -> None:
    """The commands of a path: lines, cubic and quadratic curves, absolute or relative."""
    parts, command, here = _PART.findall(outline), "", (0.0, 0.0)
    start = control = here
    index = 0
    while index < len(parts):
        if parts[index].isalpha():
            command, index = parts[index], index + 1
        kind = command.upper()
        count = _COUNTS[kind]
        numbers = [float(number) for number in parts[index : index + count]]
        index += count
        if kind == "Z":
            context.close_path()
            here = control = start
            continue
        origin = here if command.islower() else (0.0, 0.0)
        here, control = _DRAW[kind](context, numbers, origin, here, control)
        if kind == "M":
            start, command = here, "l" if command == "m" else "L"


def _move(context: Any, n: list[float], origin: Point, *_: Point) -> tuple[Point, Point]:
    to = (origin[0] + n[0], origin[1] + n[1])
    context.move_to(*to)
    return to, to


def _line(context: Any, n: list[float], origin: Point, *_: Point) -> tuple[Point, Point]:
    to = (origin[0] + n[0], origin[1] + n[1])
    context.line_to(*to)
    return to, to


def _level(context: Any, n: list[float], origin: Point, here: Point, _: Point) -> tuple[Point, Point]:
    return _line(context, [n[0], here[1] - origin[1]], origin)


def _upright(context: Any, n: list[float], origin: Point, here: Point, _: Point) -> tuple[Point, Point]:
    return _line(context, [here[0] - origin[0], n[0]], origin)


def _curve(context: Any, n: list[float], origin: Point, *_: Point) -> tuple[Point, Point]:
    one, two, to = ((origin[0] + x, origin[1] + y) for x, y in zip(n[::2], n[1::2], strict=True))
    context.curve_to(*one, *two, *to)
    return to, two


def _smooth(context: Any, n: list[float], origin: Point, here: Point, control: Point) -> tuple[Point, Point]:
    mirrored = [2 * here[0] - control[0] - origin[0], 2 * here[1] - control[1] - origin[1]]
    return _curve(context, [*mirrored, *n], origin)


def _quadratic(context: Any, n: list[float], origin: Point, here: Point, _: Point) -> tuple[Point, Point]:
    (cx, cy), to = (origin[0] + n[0], origin[1] + n[1]), (origin[0] + n[2], origin[1] + n[3])
    ends = ((here[0] + 2 * cx) / 3, (here[1] + 2 * cy) / 3, (to[0] + 2 * cx) / 3, (to[1] + 2 * cy) / 3)
    context.curve_to(*ends, *to)
    return to, (cx, cy)


_DRAW: dict[str, Callable[..., tuple[Point, Point]]] = {
    "M": _move, "L": _line, "H": _level, "V": _upright, "C": _curve, "S": _smooth, "Q": _quadratic,
}  # fmt: skip
