"""A Max patcher in Python: boxes, cords and the JSON that Max reads. Only what this device needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import Any

Rect = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

FONT = "Ableton Sans Medium"
FONT_SIZE = 9.5
INT_VALUES = 256  # of an Int parameter of Live; a Float that is shown as a whole number has no such limit


class StoredAs(IntEnum):
    """What Live keeps of a parameter. HIDDEN ones are in neither the set nor the undo history."""

    AUTOMATED = 0
    WITH_SET = 1
    HIDDEN = 2


class Kind(IntEnum):
    """The types of Live's parameters. An INT has at most 256 values; a BLOB or FILE is never automated."""

    FLOAT = 0
    INT = 1
    ENUM = 2
    BLOB = 3
    FILE = 4


class Unit(IntEnum):
    """How Live shows a number."""

    INT = 0
    FLOAT = 1
    PERCENT = 5


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that Live knows by its `name`. With `choices` it is one of them, else a whole number up to `high`.

    Live sends an initial value when a set is opened, so what acts when it is sent, and is HIDDEN, has none.
    """

    name: str
    stored: StoredAs
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 127
    initial: int = 0
    unit: Unit = Unit.INT
    short: str = ""
    file: bool = False

    @property
    def kind(self) -> Kind:
        if self.file:
            return Kind.FILE
        if self.choices:
            return Kind.ENUM
        return Kind.INT if self.high - self.low < INT_VALUES else Kind.FLOAT

    def attributes(self) -> dict[str, Any]:
        begins = self.kind is not Kind.FILE and self.stored is not StoredAs.HIDDEN
        values: dict[str, Any] = {
            "parameter_longname": self.name,
            "parameter_shortname": self.short or self.name,
            "parameter_type": int(self.kind),
            "parameter_invisible": int(self.stored),
            "parameter_initial_enable": int(begins),
        }
        if begins:
            values["parameter_initial"] = [self.initial]
        if self.kind is Kind.ENUM:
            values |= {"parameter_enum": list(self.choices), "parameter_mmax": len(self.choices) - 1}
        elif self.kind is not Kind.FILE:
            values |= {"parameter_mmin": self.low, "parameter_mmax": self.high, "parameter_unitstyle": int(self.unit)}
        return {"valueof": values}


@dataclass(frozen=True, slots=True)
class Box:
    """An object. `name` is its scripting name and, with a prefix, its id; `shown` is its place in the presentation.

    `inlets` and `outlets` count; `signals` says that the outlets carry sound. `attributes` are written as they are.
    """

    name: str
    maxclass: str
    inlets: int
    outlets: int
    text: str = ""
    shown: Rect | None = None
    parameter: Parameter | None = None
    hint: str = ""
    signals: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"obj-{self.name}"

    def to_dict(self, place: Rect) -> dict[str, Any]:
        box: dict[str, Any] = {
            "id": self.id,
            "maxclass": self.maxclass,
            "varname": self.name,
            "numinlets": self.inlets,
            "numoutlets": self.outlets,
            "outlettype": ["signal" if self.signals else ""] * self.outlets,
            "patching_rect": [float(n) for n in place],
        }
        if self.text:
            box["text"] = self.text
        if self.shown:
            box |= {"presentation": 1, "presentation_rect": [float(n) for n in self.shown]}
        if self.parameter:
            box |= {"parameter_enable": 1, "saved_attribute_attributes": self.parameter.attributes()}
        if self.hint:
            box |= {"annotation": self.hint, "hint": self.hint}
        return {"box": {**box, **self.attributes}}


@dataclass(frozen=True, slots=True)
class Cord:
    """From an outlet to an inlet, both counted from 0, of boxes by their names."""

    source: str
    outlet: int
    target: str
    inlet: int = 0

    def to_dict(self) -> dict[str, Any]:
        ends = {"source": [f"obj-{self.source}", self.outlet], "destination": [f"obj-{self.target}", self.inlet]}
        return {"patchline": ends}


@dataclass(frozen=True, slots=True)
class Patch:
    """Boxes and the cords between them. Boxes later in the list are drawn on top."""

    boxes: tuple[Box, ...]
    cords: tuple[Cord, ...]

    def __add__(self, other: "Patch") -> "Patch":
        return Patch(self.boxes + other.boxes, self.cords + other.cords)

    def to_dict(self) -> dict[str, Any]:
        """`boxes` and `lines` of a patcher; while patching, the boxes lie in columns."""
        places = [(20 + 180 * (i // 30), 20 + 26 * (i % 30), 160, 22) for i in range(len(self.boxes))]
        return {
            "boxes": [box.to_dict(place) for box, place in zip(self.boxes, places, strict=True)],
            "lines": [cord.to_dict() for cord in self.cords],
        }


def join_patches(patches: Iterable[Patch]) -> Patch:
    whole = Patch((), ())
    for patch in patches:
        whole += patch
    return whole


def chain(*names: str) -> tuple[Cord, ...]:
    """Cords from first outlet to first inlet, one box after the other."""
    return tuple(Cord(a, 0, b) for a, b in pairwise(names))


def comment(name: str, text: str, shown: Rect, **attributes: Any) -> Box:
    return Box(name, "live.comment", 1, 0, text, shown, attributes={"textjustification": 0, **attributes})


def controls(boxes: Sequence[Box], target: str) -> Patch:
    """Each control sends its name and its value to `target`."""
    prepends = tuple(Box(f"{box.name}_out", "newobj", 1, 1, f"prepend {box.name}") for box in boxes)
    cords = tuple(cord for box in boxes for cord in chain(box.name, f"{box.name}_out", target))
    return Patch((*boxes, *prepends), cords)


def button(name: str, text: str, shown: Rect, message: str, hint: str = "", **attributes: Any) -> Patch:
    """A button that sends `message` to the script, whatever it puts out itself."""
    parameter = Parameter(f"Press {text} {name}", StoredAs.HIDDEN, ("off", "on"), short=text)
    look = {"mode": 0, "text": text, "rounded": 4.0, **attributes}
    face = Box(name, "live.text", 1, 2, shown=shown, parameter=parameter, hint=hint, attributes=look)
    once = Box(f"{name}_once", "newobj", 1, 1, "t b")
    says = Box(f"{name}_says", "message", 2, 1, message)
    return Patch((face, once, says), chain(name, once.name, says.name, "script"))
