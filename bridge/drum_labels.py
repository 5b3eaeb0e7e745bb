"""The drums sidestick can name: one table, and every way a musician may type a name from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Family = Literal["kick", "snare", "toms", "hihat", "cymbals", "percussion"]


class UnknownNameError(ValueError):
    """A name that no drum or drum map has. The text names the nearest one."""


@dataclass(frozen=True, slots=True)
class DrumSound:
    """One label: its General MIDI note (0-127), the family it belongs to, and its name for people.

    `stand_ins` are the labels to play, best first, on an instrument that lacks this one.
    """

    label: str
    pitch: int
    family: Family
    name: str
    stand_ins: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


def _sound(label: str, pitch: int, family: Family, stand_ins: str, aliases: str) -> DrumSound:
    name = label.replace("_", " ").title().replace("Hihat", "Hi-Hat")
    return DrumSound(label, pitch, family, name, tuple(stand_ins.split()), tuple(aliases.split()))


# General MIDI level 1 (MIDI Association RP-003). It has no rim shot and no shaker: 40 (Electric Snare) is
# where electronic kits put the rim, 70 (Maracas) is the shaker that every General MIDI instrument has.
SOUNDS: dict[str, DrumSound] = {
    sound.label: sound
    for sound in (
        _sound("kick", 36, "kick", "", "bd bassdrum kickdrum kik bass kick1 kick2 k"),
        _sound("snare", 38, "snare", "", "sd sn snr snaredrum ghost ghostnote s"),
        _sound("side_stick", 37, "snare", "rimshot snare", "xstick crossstick rimclick rim ss stick"),
        _sound("rimshot", 40, "snare", "snare", "rs snarerim snarerimshot"),
        _sound("clap", 39, "percussion", "snare", "cp handclap claps"),
        _sound("high_tom", 50, "toms", "mid_tom low_tom floor_tom", "ht hitom tom1 racktom racktom1 rack1"),
        _sound("mid_tom", 47, "toms", "high_tom low_tom floor_tom", "mt tom toms tom2 racktom2 rack2"),
        _sound("low_tom", 45, "toms", "mid_tom floor_tom high_tom", "lt lotom tom3 racktom3 rack3"),
        _sound("floor_tom", 43, "toms", "low_tom mid_tom high_tom", "ft floor tom4 floortom1"),
        _sound(
            "closed_hihat", 42, "hihat", "pedal_hihat open_hihat",
            "hh hihat highhat hat hats ch chh hhc closedhat closedhh closedhighhat hihatclosed hhclosed",
        ),
        _sound(
            "pedal_hihat", 44, "hihat", "closed_hihat open_hihat",
            "ph phh hhp pedalhat pedalhh foothat foothihat hihatpedal hhpedal hihatfoot chick",
        ),
        _sound(
            "open_hihat", 46, "hihat", "closed_hihat pedal_hihat",
            "oh ohh hho openhat openhh openhighhat hihatopen hhopen halfopenhat halfopenhihat",
        ),
        _sound("crash", 49, "cymbals", "crash_2 ride", "cr cy cym cymbal cymbals crash1 crashcymbal"),
        _sound("crash_2", 57, "cymbals", "crash ride", "cr2 secondcrash crashcymbal2"),
        _sound("ride", 51, "cymbals", "ride_bell crash", "rd rc ride1 ridecymbal"),
        _sound("ride_bell", 53, "cymbals", "ride crash", "rb bell cup ridecup"),
        _sound("china", 52, "cymbals", "crash_2 crash ride", "chinacymbal chinesecymbal chn"),
        _sound("splash", 55, "cymbals", "crash_2 crash ride", "spl splashcymbal"),
        _sound("tambourine", 54, "percussion", "shaker closed_hihat", "tamb tambo tambourin"),
        _sound("cowbell", 56, "percussion", "ride_bell ride", "cb"),
        _sound("shaker", 70, "percussion", "tambourine closed_hihat", "shk maracas maraca egg"),
    )
}  # fmt: skip

LABELS = tuple(SOUNDS)

# Notes that a recorded .mid may hold beside the table: the rest of the General MIDI kit, and what Roland's
# V-Drums add to it (22 and 26 are the hi-hat's edge, 58 the floor tom's rim, 59 the ride's edge).
_ALSO_READ = {
    22: "closed_hihat", 26: "open_hihat", 35: "kick", 41: "floor_tom", 48: "high_tom", 58: "floor_tom",
    59: "ride", 69: "shaker", 82: "shaker",
}  # fmt: skip


def plain_name(text: str) -> str:
    """Lower case, letters and digits only: what is left when spelling habits are taken off a name."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def find(what: str, text: str, names: Mapping[str, str]) -> str:
    """The value of `text` in `names` (plain name -> value), or UnknownNameError that suggests the nearest."""
    found = names.get(plain_name(text))
    if found is not None:
        return found
    near = get_close_matches(plain_name(text), names, n=1)
    known = ", ".join(dict.fromkeys(names.values()))
    hint = f"Did you mean {names[near[0]]}?" if near else f"Known are {known}."
    raise UnknownNameError(f"There is no {what} called {text!r}. {hint}")


def label(text: str) -> str:
    """The label that `text` means ("open hat", "BD", "floor-tom"), or UnknownNameError with the nearest."""
    names = {plain_name(name): sound.label for sound in SOUNDS.values() for name in (sound.label, *sound.aliases)}
    return find("drum", text, names)


def label_of(pitch: int) -> str | None:
    """The label of a General MIDI or V-Drums note number; None for a note that is no drum of the table."""
    found = next((sound.label for sound in SOUNDS.values() if sound.pitch == pitch), None)
    return found or _ALSO_READ.get(pitch)
