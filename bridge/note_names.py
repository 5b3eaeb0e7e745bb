"""The names that a musician or a vendor gave to notes, read from the files of DAWs, and the drum map they make.

REAPER's note names (.txt: `38 Snare`), Cubase's drum maps (.drm), Studio One's pitch lists (.pitchlist) and the
MIDI names of Ardour and Pro Tools (.midnam).
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from bridge.drum_labels import SOUNDS
from bridge.drum_map import DrumMap, DrumMapError

_LONGEST = 1 << 20  # bytes: Cubase's maps, the longest of them, have 70 kB
_LINE = re.compile(r"\s*(\d{1,3})\s+(\S.*)")

# What stops a cymbal, and what no label here stands for. Words of the charts that the built-in maps come from.
_SILENT = re.compile(r"choke|mute|stop|trig|\bcc\b|brush|swirl|sweep|ruff|drag|flam|roll|\boff\b|ching|stack|click in")
_WORDS = (
    (r"hi[ -]?hats?|high[ -]?hat|\bhh\b|\bhats?\b", "hihat"),
    (r"\bbass ?drums?|\bkicks?\b|\bbd\b|\bkk?\b|\bki\b", "kick"),
    (r"\bsnares?\b|\bsn\b|\bsnr\b|\bsd\b", "snare"),
    (r"\bcrsh\b|\bcrahs\b|\bcrashe?d?\b", "crash"),
    (r"\bchinese\b", "china"),
    (r"\brid\b|\bri\b", "ride"),
    (r"\b(?:floor|floot|flr) ?(?:tom|tm)|\bft\b", "floor tom"),
    (r"\b(?:rack) ?tom|\brt\b", "rack tom"),
    (r"\bhi(?:gh)? ?(?:tom|tm)|\btom hi(?:gh)?\b", "high tom"),
    (r"\bm(?:i?d) ?(?:tom|tm)|\btom mid\b", "mid tom"),
    (r"\blow ?tom|\btom low\b", "low tom"),
    (r"\bclaps\b", "clap"),
    (r"maracas?|\begg\b", "shaker"),
)


class _Guess(NamedTuple):
    """A label for a note; of several notes of a label the one with the least `rank` is taken."""

    label: str
    rank: int


def read_names(path: Path) -> dict[int, str]:
    """Note -> name, of any of these files. Raises DrumMapError with a sentence."""
    try:
        data = path.read_bytes()[: _LONGEST + 1]
    except OSError as error:
        raise DrumMapError((f"{path} cannot be read: {error.strerror}.",)) from None
    if len(data) > _LONGEST:
        raise DrumMapError((f"{path.name} is too long for a list of note names.",))
    text = data.decode("utf-8-sig", errors="replace")
    names = dict(_xml_names(text, path.name) if text.lstrip().startswith("<") else _plain_names(text))
    found = {note: name.strip() for note, name in names.items() if 0 <= note <= 127 and name.strip(" -~.")}
    if not found:
        raise DrumMapError((f"{path.name} has no note names. A line is a number and a name, as `38 Snare`.",))
    return found


def map_of_names(names: Mapping[int, str], name: str) -> DrumMap:
    """The drum map that the names describe. Raises DrumMapError where no drum is among them."""
    best: dict[str, tuple[int, int, int]] = {}
    for note, text in names.items():
        for guess in _guesses(text):
            claim = (guess.rank, abs(note - SOUNDS[guess.label].pitch), note)
            best[guess.label] = min(best.get(guess.label, claim), claim)
    if not best:
        raise DrumMapError((f"No drum is named in {name}: {', '.join([*names.values()][:5])} mean none here.",))
    notes = {label: note for label, (*_, note) in best.items()}
    return DrumMap(name, {label: notes[label] for label in SOUNDS if label in _kit_toms(notes, names)})


def _kit_toms(notes: dict[str, int], names: Mapping[int, str]) -> dict[str, int]:
    """The lowest tom is the floor tom, and of two floor toms the first is the low tom."""
    floors = [note for note, text in names.items() if _guesses(text) == [_Guess("floor_tom", 1)]]
    if "floor_tom" in notes and "low_tom" not in notes and floors:
        notes["low_tom"], notes["floor_tom"] = notes["floor_tom"], floors[0]
    elif "low_tom" in notes and "floor_tom" not in notes:
        notes["floor_tom"] = notes.pop("low_tom")
    return notes


def _plain_names(text: str) -> Iterator[tuple[int, str]]:
    for line in text.splitlines():
        if found := _LINE.fullmatch(line):
            yield int(found[1]), found[2]


def _xml_names(text: str, file: str) -> Iterator[tuple[int, str]]:
    if "<!ENTITY" in text:
        raise DrumMapError((f"{file} defines entities, which no drum map needs.",))
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise DrumMapError((f"{file} is damaged: {error}.",)) from None
    for item in root.iter():
        tag = item.tag.rpartition(".")[2]
        if item.tag == "item":  # Cubase: what sounds is the output note
            fields = {part.get("name"): part.get("value", "") for part in item}
            yield from _named_note(fields.get("ONote"), fields.get("Name"))
        elif tag == "PitchName":
            yield from _named_note(item.get("pitch"), item.get("name"))
        elif item.tag == "Note":
            yield from _named_note(item.get("Number"), item.get("Name"))


def _named_note(note: str | None, name: str | None) -> Iterator[tuple[int, str]]:
    if note and name and note.isdecimal():
        yield int(note), name


def _guesses(text: str) -> list[_Guess]:
    """The label that a name means, with how well it suits; none for chokes and what has no label."""
    return list(_find_guesses(text))


def _find_guesses(text: str) -> Iterator[_Guess]:
    name = re.sub(r"^\d+ ", "", re.sub(r"[\[\]():_,-]+", " ", text.casefold())).strip()
    for pattern, word in _WORDS:
        name = re.sub(pattern, word, name)
    if _SILENT.search(name):
        return
    if "hihat" in name:
        yield from _hihat(name)
    elif "tom" in name:
        yield from _tom(name)
    elif re.search(r"side ?stick|x ?stick|cross ?stick", name):
        yield _Guess("side_stick", 0)
    elif re.search(r"rim ?click|rim only", name):
        yield _Guess("side_stick", 5)
    elif "snare" in name or re.match(r"rim ?shot", name):
        rim = bool(re.search(r"\brim", name))
        yield _Guess("rimshot" if rim else "snare", _distance(name, r"edge|side|shallow|half|2|electric|alt"))
    elif "ride" in name:
        bell = "bell" in name
        yield _Guess("ride_bell" if bell else "ride", _distance(name, r"edge|crash|2|shaft|shank|\bin\b|hit"))
    else:
        yield from _others(name)


def _others(name: str) -> Iterator[_Guess]:
    for word in ("china", "splash", "clap", "tambourine", "cowbell", "shaker"):
        if word in name:
            yield _Guess(word, _distance(name, r"2|bow|tip|bell"))
            return
    if "crash" in name:
        second = re.search(r"\b(?:2|right|r)\b|crash2", name)
        yield _Guess("crash_2" if second else "crash", _distance(name, r"bow|tip|bell|[3-9]|edge"))
    elif cymbal := re.search(r"\bcy(?:mbal)? ?([12])\b", name):
        yield _Guess("crash" if cymbal[1] == "1" else "crash_2", 3 + _distance(name, r"bow|tip|bell|shank"))
    elif name in ("stick", "bell"):
        yield _Guess("side_stick" if name == "stick" else "ride_bell", 3)
    elif "kick" in name:
        yield _Guess("kick", _distance(name, r"2|left|no snare|\ba\b|double|alt|loose"))


def _hihat(name: str) -> Iterator[_Guess]:
    if re.search(r"bell|splash", name):
        return
    if re.search(r"pedal|foot|chick", name):
        yield _Guess("pedal_hihat", 2 if "open" in name else 0)
    elif re.search(r"open|half|loose|\d/\d", name):
        wide = int(found[0]) if (found := re.search(r"\d(?!/)", name)) else 3
        yield _Guess("open_hihat", (5 if re.search(r"half|loose|\d/\d", name) else 0) + abs(3 - wide))
    else:
        yield _Guess("closed_hihat", _distance(name, r"edge|shank|shaft|tight|2|loose"))


def _tom(name: str) -> Iterator[_Guess]:
    if re.search(r"rim|edge", name):
        return
    number = int(found[0]) if (found := re.search(r"\d", name)) else 1
    if "floor" in name:
        yield _Guess("floor_tom", number - 1)
    elif place := re.search(r"high|mid|low", name):
        yield _Guess(f"{place[0]}_tom", 0 if number == 1 else number)
    else:
        label = {1: "high_tom", 2: "mid_tom", 3: "low_tom", 4: "floor_tom"}.get(number)
        if label:
            yield _Guess(label, 0)


def _distance(name: str, lesser: str) -> int:
    """0 for the plain stroke, more for each word that tells a lesser one."""
    return len(re.findall(lesser, name))
