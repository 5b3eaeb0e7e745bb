"""The presentation: what a Live user sees, 169 pixels high, in four columns."""

from bridge.timebase import GRID_STEPS
from max_for_live.patch import (
    Box,
    Parameter,
    Patch,
    Rect,
    StoredAs,
    Unit,
    button,
    chain,
    comment,
    controls,
    join_patches,
)

HEIGHT = 169
WIDTH = 896
ROWS = 7
SCRIPT = "script"

TARGETS = ("Drums", "Bass", "Vocals", "Other", "All", "Stems")
INPUTS = ("Full Mix", "Single Stem")
PLACES = ("To New MIDI Track", "To Next Free Slot", "To Arrangement")
GRIDS = ("Off", *GRID_STEPS)
SWINGS = ("Auto", "50 %", "54 %", "58 %", "62 %", "66 %", "70 %", "75 %")
BEATS = ("As Played", "Live's")
METERS = ("2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "9/8", "12/8", "Other")
STARTS = ("As It Fits", "With Audio", "With Bar 1", "Tempo Map")
MAPS = ("Drum Rack", "Gen. MIDI", "From Rack")
DRUMS = ("kick", "snare", "toms", "hihat", "cymbals")
DIALS = ("Kick", "Snare", "Toms", "Hats", "Cymbals")
LABELS = (
    "Kick", "Snare", "Side Stick", "Rimshot", "Clap", "High Tom", "Mid Tom", "Low Tom", "Floor Tom", "Closed Hi-Hat",
    "Pedal Hi-Hat", "Open Hi-Hat", "Crash", "Crash 2", "Ride", "Ride Bell", "China", "Splash", "Tambourine",
    "Cowbell", "Shaker",
)  # fmt: skip
DAEMON_PORT = 9331
SLOWEST, FASTEST = 20, 400  # bpm that sidestick takes
BAR = 1  # multislider's style; the usual one is a thin line
# What Push shows on its eight dials, bank by bank: long names of parameters.
BANKS = {
    "Song": ("Target", "Clip Is", "Result", "Drum Notes", "Grid", "Swing", "Strength", "Beats"),
    "Drums": tuple(f"{dial} Sensitivity" for dial in DIALS),
    "Beat": ("Files Start",),
}

LEFT, MIDDLE, BEAT, RIGHT = 10, 178, 492, 640
MIDDLE_WIDTH = 298
PALE = [0.62, 0.62, 0.62, 1.0]
ACCENT = [1.0, 0.68, 0.2, 1.0]
DARK = [0.09, 0.09, 0.09, 1.0]


def panel() -> Patch:
    return join_patches([_frame(), _source(), _song(), _beat(), _clusters()])


def _frame() -> Patch:
    lines = tuple(
        Box(f"line_{name}", "live.line", 1, 0, shown=(x, 8, 5, HEIGHT - 16), attributes={"border": 1.0})
        for name, x in (("left", MIDDLE - 11), ("middle", BEAT - 11), ("right", RIGHT - 11))
    )
    return Patch(lines, ())


def _menu(name: str, shown: Rect, title: str, choices: tuple[str, ...], initial: int = 0, hint: str = "") -> Box:
    parameter = Parameter(title, StoredAs.AUTOMATED, choices, initial=initial)
    return Box(name, "live.menu", 1, 3, shown=shown, parameter=parameter, hint=hint)


def _source() -> Patch:
    light = Box(
        "light", "panel", 1, 0, shown=(LEFT + 2, 10, 8, 8),
        attributes={"bgfillcolor": [0.85, 0.3, 0.25, 1.0], "rounded": 8, "border": 0, "ignoreclick": 1},
    )  # fmt: skip
    link = comment("link", "Looking for sidestick", (LEFT + 14, 5, 136, 18))
    boxes = (
        _menu("target", (LEFT, 29, 66, 17), "Target", TARGETS, hint="What to make of the selected clip."),
        _menu("input", (LEFT + 70, 29, 80, 17), "Clip Is", INPUTS, hint="A full song, or one stem of it alone."),
        _menu("place", (LEFT, 79, 150, 17), "Result", PLACES, hint="Where the MIDI clip goes."),
        _port(),
    )
    primary = {"activebgcolor": ACCENT, "activetextcolor": DARK}
    buttons = (
        button("transcribe", "Transcribe", (LEFT, 50, 96, 25), "transcribe", "Transcribe the selected audio clip.",
               **primary),
        button("cancel", "Cancel", (LEFT + 100, 50, 50, 25), "cancel", "Stop what sidestick is doing for this device."),
    )  # fmt: skip
    return join_patches([Patch((light, link), ()), controls(boxes, SCRIPT), *buttons, _drop(), _port_label()])


def _port() -> Box:
    parameter = Parameter("OSC Port", StoredAs.WITH_SET, low=1024, high=65535, initial=DAEMON_PORT)
    hint = "The OSC port of sidestick: 9331 unless you changed it."
    shown = (LEFT + 100, 145, 50, 16)
    return Box("daemon_port", "live.numbox", 1, 2, shown=shown, parameter=parameter, hint=hint)


def _port_label() -> Patch:
    return Patch((comment("port_label", "sidestick's port", (LEFT - 2, 144, 98, 18), textcolor=PALE),), ())


def _drop() -> Patch:
    parameter = Parameter("Dropped File", StoredAs.WITH_SET, file=True)
    drop = Box(
        "dropped", "live.drop", 1, 2, shown=(LEFT, 100, 150, 40), parameter=parameter, hint="Drop an audio file here.",
        attributes={"decodemode": 0, "legend": "or drop a file here"},
    )  # fmt: skip
    return controls((drop,), SCRIPT)


def _song() -> Patch:
    status = comment("status", "Select an audio clip, then press Transcribe", (MIDDLE - 4, 4, MIDDLE_WIDTH + 4, 28))
    progress = Box(
        "progress", "multislider", 1, 2, shown=(MIDDLE, 33, MIDDLE_WIDTH, 5),
        attributes={"size": 1, "orientation": 0, "setstyle": BAR, "setminmax": [0.0, 1.0], "ignoreclick": 1,
                    "parameter_enable": 0},
    )  # fmt: skip
    heads = tuple(
        comment(f"head_{name}", text, (MIDDLE + x - 4, 41, width + 4, 14), textcolor=PALE)
        for name, text, x, width in COLUMNS
    )
    more = comment("head_sensitivity", "More or fewer hits", (MIDDLE - 4, 75, 110, 14), textcolor=PALE)
    return join_patches([Patch((status, progress, *heads, more), ()), controls(_grid() + _dials(), SCRIPT), *_edits()])


# What the song's controls are called, and where they lie.
COLUMNS = (
    ("grid", "Grid", 0, 48),
    ("swing", "Swing", 52, 50),
    ("strength", "Strength", 106, 48),
    ("beats", "Beats", 158, 66),
    ("map", "Drum notes", 228, 70),
)
_PLACES: dict[str, Rect] = {name: (MIDDLE + x, 55, width, 17) for name, _, x, width in COLUMNS}


def _grid() -> tuple[Box, ...]:
    strength = Parameter("Strength", StoredAs.AUTOMATED, high=100, initial=100, unit=Unit.PERCENT)
    return (
        _menu("grid", _PLACES["grid"], "Grid", GRIDS, 3, "The note value that hits move to."),
        _menu("swing", _PLACES["swing"], "Swing", SWINGS, 0, "Auto keeps the swing of the recording."),
        Box("strength", "live.numbox", 1, 2, shown=_PLACES["strength"], parameter=strength,
            hint="How far hits move to the grid."),
        _menu("beats", _PLACES["beats"], "Beats", BEATS, 0, "Whose beats: those of the players, or Live's own."),
        _menu("map", _PLACES["map"], "Drum Notes", MAPS, 0, "Which notes play the drums."),
    )  # fmt: skip


def _dials() -> tuple[Box, ...]:
    return tuple(
        Box(drum, "live.dial", 1, 2, shown=(MIDDLE + 4 + 61 * i, 91, 46, 48), hint=f"More or fewer hits: {title}.",
            parameter=Parameter(f"{title} Sensitivity", StoredAs.AUTOMATED, high=100, initial=50, unit=Unit.PERCENT,
                                short=title))
        for i, (drum, title) in enumerate(zip(DRUMS, DIALS, strict=True))
    )  # fmt: skip


def _edits() -> list[Patch]:
    edits = (
        ("undo", "Undo", 48, "undo", "Take the last correction back."),
        ("redo", "Redo", 48, "redo", "Make it again."),
        ("learn", "Learn from Clip", 98, "learn", "Tell sidestick which notes you changed or deleted."),
        ("push", "Push", 46, "push", "Play the notes on sidestick's MIDI port."),
        ("silence", "Stop", 42, "silence", "Stop playing."),
    )
    x, made = MIDDLE, []
    for name, text, width, message, hint in edits:
        made.append(button(name, text, (x, 145, width, 17), message, hint))
        x += width + 4
    return made


def _beat() -> Patch:
    """The beat as it is, and everything that corrects it."""
    words = (
        ("half", "1/2", "Half"),
        ("double", "x 2", "Twice"),
        ("two_thirds", "2/3", "Two thirds of"),
        ("three_halves", "3/2", "Three halves of"),
    )
    bpm = Parameter("Bpm", StoredAs.HIDDEN, low=SLOWEST, high=FASTEST, unit=Unit.FLOAT)
    meter = Parameter("Meter", StoredAs.HIDDEN, METERS)
    boxes = (
        Box("bpm", "live.numbox", 1, 2, shown=(BEAT + 28, 30, 56, 17), parameter=bpm, hint="The bpm of the song."),
        Box("meter", "live.menu", 1, 3, shown=(BEAT, 145, 52, 17), parameter=meter, hint="How the bars are counted."),
        _menu(
            "file_start",
            (BEAT + 56, 145, 76, 17),
            "Files Start",
            STARTS,
            hint="Where the files beside the song start: with the audio, with bar 1, or with a tempo map.",
        ),
    )
    buttons = (
        button("tap", "Tap", (BEAT + 88, 30, 44, 17), "tap", "Tap the beat, four times or more."),
        *(
            button(word, text, (BEAT + 34 * i, 59, 30, 17), f"times {word}", f"{said} the bpm.")
            for i, (word, text, said) in enumerate(words)
        ),
        button(
            "bar_one",
            "Bar 1 Is Here",
            (BEAT, 88, 132, 20),
            "bar_one",
            "A bar begins where the song plays; stopped, at the clip's start marker or Live's insert marker.",
        ),
    )
    texts = (
        comment("beat_now", "Beat", (BEAT - 4, 5, 136, 18)),
        comment("head_bpm", "Bpm", (BEAT - 4, 30, 32, 17), textcolor=PALE),
        comment("head_meter", "Meter", (BEAT - 4, 131, 56, 14), textcolor=PALE),
        comment("head_file_start", "Files start", (BEAT + 52, 131, 80, 14), textcolor=PALE),
    )
    return join_patches([Patch(texts, ()), controls(boxes, SCRIPT), *buttons, _exports()])


def _exports() -> Patch:
    """The script fills the menu with what the daemon offers, so it is no parameter of Live's."""
    menu = Box(
        "exports", "umenu", 1, 3, shown=(BEAT, 111, 132, 18), hint="Write the song for another program.",
        attributes={"parameter_enable": 0},
    )  # fmt: skip
    out = Box("exports_out", "newobj", 1, 1, "prepend export_song")
    return Patch((menu, out), chain(menu.name, out.name, SCRIPT))


def _clusters() -> Patch:
    title = comment("alike", "What sounds alike", (RIGHT - 4, 5, 124, 18))
    number = comment("page", "1 / 1", (RIGHT + 186, 5, 36, 18), textjustification=1)
    turns = (
        button("page_back", "<", (RIGHT + 164, 6, 20, 16), "page -1", "The groups before these."),
        button("page_on", ">", (RIGHT + 224, 6, 20, 16), "page 1", "The groups after these."),
    )
    return join_patches([Patch((title, number), ()), *turns, *(_row(i) for i in range(ROWS))])


def _row(i: int) -> Patch:
    y = 29 + 19 * i
    hear = button(f"listen{i}", "Hear", (RIGHT, y, 36, 17), f"listen {i}", "Play these hits on sidestick's MIDI port.")
    count = comment(f"count{i}", "", (RIGHT + 38, y, 94, 17))
    menu = Box(
        f"label{i}", "live.menu", 1, 3, shown=(RIGHT + 134, y, 110, 17), hint="What these hits are.",
        parameter=Parameter(f"Label {i + 1}", StoredAs.HIDDEN, LABELS),
    )  # fmt: skip
    out = Box(f"label{i}_out", "newobj", 1, 1, f"prepend label {i}")
    return join_patches([hear, Patch((count, menu, out), chain(menu.name, out.name, SCRIPT))])
