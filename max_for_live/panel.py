"""The presentation: what a Live user sees, 169 pixels high, in three columns."""

from max_for_live.patch import Box, Parameter, Patch, Rect, Stored, Unit, button, chain, comment, controls, joined

HEIGHT = 169
WIDTH = 680
ROWS = 7
SCRIPT = "script"

TARGETS = ("Drums", "Bass", "Vocals", "Other", "All", "Stems")
INPUTS = ("Full Mix", "Drum Stem")
PLACES = ("To New MIDI Track", "To Next Free Slot", "To Arrangement")
GRIDS = ("Off", "1/4", "1/8", "1/16", "1/32", "1/4T", "1/8T", "1/16T")
SWINGS = ("Auto", "50 %", "54 %", "58 %", "62 %", "66 %", "70 %", "75 %")
MAPS = ("Drum Rack", "Gen. MIDI", "From Rack")
DRUMS = ("kick", "snare", "toms", "hihat", "cymbals")
DIALS = ("Kick", "Snare", "Toms", "Hats", "Cymbals")
LABELS = (
    "Kick", "Snare", "Side Stick", "Rimshot", "Clap", "High Tom", "Mid Tom", "Low Tom", "Floor Tom", "Closed Hi-Hat",
    "Pedal Hi-Hat", "Open Hi-Hat", "Crash", "Crash 2", "Ride", "Ride Bell", "China", "Splash", "Tambourine",
    "Cowbell", "Shaker",
)  # fmt: skip
DAEMON_PORT = 9331

LEFT, MIDDLE, RIGHT = 8, 168, 426
MIDDLE_WIDTH = 246


def panel() -> Patch:
    return joined([_frame(), _source(), _song(), _clusters()])


def _frame() -> Patch:
    lines = tuple(
        Box(f"line_{name}", "live.line", 1, 0, shown=(x, 8, 5, HEIGHT - 16), attributes={"border": 1.0})
        for name, x in (("left", MIDDLE - 7), ("right", RIGHT - 8))
    )
    return Patch(lines, ())


def _menu(name: str, shown: Rect, title: str, choices: tuple[str, ...], initial: int = 0, hint: str = "") -> Box:
    parameter = Parameter(title, Stored.WITH_SET, choices, initial=initial)
    return Box(name, "live.menu", 1, 3, shown=shown, parameter=parameter, hint=hint)


def _source() -> Patch:
    light = Box(
        "light", "panel", 1, 0, shown=(LEFT, 10, 8, 8),
        attributes={"bgfillcolor": [0.85, 0.3, 0.25, 1.0], "rounded": 8, "border": 0, "ignoreclick": 1},
    )  # fmt: skip
    link = comment("link", "Looking for stemd", (LEFT + 12, 5, 138, 18))
    boxes = (
        _menu("target", (LEFT, 27, 73, 16), "Target", TARGETS, hint="What to make of the selected clip."),
        _menu("input", (LEFT + 77, 27, 73, 16), "Clip Is", INPUTS, hint="A full song, or drums alone."),
        _menu("place", (LEFT, 75, 150, 16), "Result", PLACES, hint="Where the MIDI clip goes."),
        _port(),
    )
    buttons = (
        button("transcribe", "Transcribe", (LEFT, 47, 98, 24), "transcribe", "Transcribe the selected audio clip."),
        button("cancel", "Cancel", (LEFT + 102, 47, 48, 24), "cancel", "Stop what stemd is doing for this device."),
    )
    return joined([Patch((light, link), ()), controls(boxes, SCRIPT), *buttons, _drop(), _port_label()])


def _port() -> Box:
    parameter = Parameter("OSC Port", Stored.WITH_SET, low=1024, high=65535, initial=DAEMON_PORT)
    hint = "The OSC port of stemd: 9331 unless you changed it."
    shown = (LEFT + 100, 145, 50, 16)
    return Box("daemon_port", "live.numbox", 1, 2, shown=shown, parameter=parameter, hint=hint)


def _port_label() -> Patch:
    return Patch((comment("port_label", "stemd's OSC port", (LEFT, 144, 96, 18)),), ())


def _drop() -> Patch:
    parameter = Parameter("Dropped File", Stored.HIDDEN, ("none", "file"))
    drop = Box(
        "dropped", "live.drop", 1, 2, shown=(LEFT, 95, 150, 44), parameter=parameter, hint="Drop an audio file here.",
        attributes={"decodemode": 0, "legend": "or drop a file here"},
    )  # fmt: skip
    return controls((drop,), SCRIPT)


def _song() -> Patch:
    status = comment("status", "Select an audio clip, then press Transcribe", (MIDDLE, 3, MIDDLE_WIDTH, 30))
    progress = Box(
        "progress", "multislider", 1, 2, shown=(MIDDLE, 36, MIDDLE_WIDTH, 6),
        attributes={"size": 1, "orientation": 0, "setminmax": [0.0, 1.0], "ignoreclick": 1, "parameter_enable": 0},
    )  # fmt: skip
    heads = (
        ("Grid", (0, 44, 54, 14)),
        ("Swing", (56, 44, 54, 14)),
        ("Strength", (112, 44, 54, 14)),
        ("Drum notes", (168, 44, 78, 14)),
        ("Sensitivity", (0, 76, 78, 13)),
    )
    labels = tuple(
        comment(f"head_{text.lower().split()[0]}", text, (MIDDLE + x, y, width, height))
        for text, (x, y, width, height) in heads
    )
    return joined([Patch((status, progress, *labels), ()), controls(_grid() + _dials(), SCRIPT), *_edits()])


def _grid() -> tuple[Box, ...]:
    strength = Parameter("Strength", Stored.WITH_SET, high=100, initial=100, unit=Unit.PERCENT)
    return (
        _menu("grid", (MIDDLE, 58, 52, 16), "Grid", GRIDS, 3, "The note value that hits move to."),
        _menu("swing", (MIDDLE + 56, 58, 52, 16), "Swing", SWINGS, 0, "Auto keeps the swing of the recording."),
        Box("strength", "live.numbox", 1, 2, shown=(MIDDLE + 112, 58, 52, 16), parameter=strength,
            hint="How far hits move to the grid."),
        _menu("map", (MIDDLE + 168, 58, 78, 16), "Drum Notes", MAPS, 0, "Which notes play the drums."),
    )  # fmt: skip


def _dials() -> tuple[Box, ...]:
    return tuple(
        Box(drum, "live.dial", 1, 2, shown=(MIDDLE + 50 * i, 90, 46, 48), hint=f"More or fewer hits: {title}.",
            parameter=Parameter(f"{title} Sensitivity", Stored.WITH_SET, high=100, initial=50, unit=Unit.PERCENT,
                                short=title))
        for i, (drum, title) in enumerate(zip(DRUMS, DIALS, strict=True))
    )  # fmt: skip


def _edits() -> list[Patch]:
    edits = (
        ("undo", "Undo", 40, "undo", "Take the last correction back."),
        ("redo", "Redo", 40, "redo", "Make it again."),
        ("learn", "Learn from Clip", 84, "learn", "Tell stemd which notes you changed or deleted."),
        ("push", "Push", 38, "push", "Play the notes on stemd's MIDI port."),
        ("silence", "Stop", 36, "silence", "Stop playing."),
    )
    x, made = MIDDLE, []
    for name, text, width, message, hint in edits:
        made.append(button(name, text, (x, 144, width, 18), message, hint))
        x += width + 2
    return made


def _clusters() -> Patch:
    title = comment("alike", "What sounds alike", (RIGHT, 5, 120, 18))
    number = comment("page", "1 / 1", (RIGHT + 188, 5, 36, 18), textjustification=1)
    turns = (
        button("page_back", "<", (RIGHT + 166, 6, 20, 16), "page -1", "The groups before these."),
        button("page_on", ">", (RIGHT + 226, 6, 20, 16), "page 1", "The groups after these."),
    )
    return joined([Patch((title, number), ()), *turns, *(_row(i) for i in range(ROWS))])


def _row(i: int) -> Patch:
    y = 27 + 19 * i
    hear = button(f"listen{i}", "Hear", (RIGHT, y, 34, 16), f"listen {i}", "Play these hits on stemd's MIDI port.")
    count = comment(f"count{i}", "", (RIGHT + 36, y - 1, 92, 18))
    menu = Box(
        f"label{i}", "live.menu", 1, 3, shown=(RIGHT + 130, y, 116, 16), hint="What these hits are.",
        parameter=Parameter(f"Label {i + 1}", Stored.HIDDEN, LABELS),
    )  # fmt: skip
    out = Box(f"label{i}_out", "newobj", 1, 1, f"prepend label {i}")
    return joined([hear, Patch((count, menu, out), chain(menu.name, out.name, SCRIPT))])
