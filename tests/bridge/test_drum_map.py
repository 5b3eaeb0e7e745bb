from pathlib import Path

import pytest

from bridge.drum_map import (
    LABELS,
    SOUNDS,
    DrumMap,
    DrumMapError,
    UnknownNameError,
    built_in_map,
    label,
    label_of,
    map_names,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kick", "kick"),
        ("BD", "kick"),
        ("sd", "snare"),
        ("Hi-Hat (open)", "open_hihat"),
        ("open hat", "open_hihat"),
        ("hh", "closed_hihat"),
        ("floor-tom", "floor_tom"),
        ("Ride Bell", "ride_bell"),
        ("crash 2", "crash_2"),
    ],
)
def test_a_drum_is_found_by_what_musicians_type(typed: str, meant: str) -> None:
    assert label(typed) == meant


def test_a_typing_mistake_gets_the_nearest_drum() -> None:
    with pytest.raises(UnknownNameError, match=r"'snar3'\. Did you mean snare"):
        label("snar3")


def test_a_name_like_no_drum_gets_the_whole_list() -> None:
    with pytest.raises(UnknownNameError, match=r"Known are kick, snare, .*shaker"):
        label("theremin")


def test_no_alias_means_two_drums() -> None:
    typed = [name.replace("_", "") for sound in SOUNDS.values() for name in (sound.label, *sound.aliases)]
    assert len(typed) == len(set(typed))


@pytest.mark.parametrize("drum", LABELS)
def test_general_midi_comes_back_from_its_own_notes(drum: str) -> None:
    assert label_of(built_in_map("gm").pitch(drum)) == drum


@pytest.mark.parametrize(("pitch", "drum"), [(22, "closed_hihat"), (26, "open_hihat"), (58, "floor_tom"), (59, "ride")])
def test_the_extra_notes_of_v_drums_are_read(pitch: int, drum: str) -> None:
    assert label_of(pitch) == drum


def test_a_note_that_is_no_drum_has_no_label() -> None:
    assert label_of(3) is None


@pytest.mark.parametrize("name", map_names())
def test_every_map_plays_every_drum_on_a_midi_note(name: str) -> None:
    drum_map = built_in_map(name)
    assert all(0 <= drum_map.pitch(drum) <= 127 for drum in LABELS)


@pytest.mark.parametrize("name", map_names())
def test_what_a_map_lacks_is_played_by_a_drum_of_that_map(name: str) -> None:
    drum_map = built_in_map(name)
    assert {drum_map.pitch(drum) for drum in LABELS} == set(drum_map.notes.values())


@pytest.mark.parametrize("name", map_names())
def test_every_drum_of_a_map_comes_back_from_its_note(name: str) -> None:
    drum_map = built_in_map(name)
    assert {label: drum_map.label_of(drum_map.pitch(label)) for label in drum_map.notes} == {
        label: label for label in drum_map.notes
    }


@pytest.mark.parametrize("name", map_names())
def test_no_note_of_a_map_means_two_things(name: str) -> None:
    drum_map = built_in_map(name)
    meant = [*drum_map.notes.values(), *drum_map.chokes.values(), *drum_map.others.values()]
    meant += [note for notes in drum_map.also.values() for note in notes]
    hats = set(drum_map.openings + drum_map.controlled) - {drum_map.notes.get("open_hihat")}
    assert len(meant) == len(set(meant)) and hats.isdisjoint(meant)
    assert {*drum_map.also, *drum_map.chokes} <= set(LABELS)


@pytest.mark.parametrize("name", map_names())
def test_a_map_names_its_instrument_and_its_sources(name: str) -> None:
    assert built_in_map(name).title and all(built_in_map(name).sources)


def test_no_name_of_an_instrument_means_two_maps() -> None:
    assert built_in_map("Logic Pro").name == "logic" and built_in_map("TD-17").name == "roland_td"
    assert {built_in_map(built_in_map(name).title).name for name in map_names()} == set(map_names())


@pytest.mark.parametrize(
    ("name", "pitch", "drum"),
    [
        ("superior_drummer_3", 60, "open_hihat"),
        ("superior_drummer_3", 50, None),
        ("addictive_drums_2", 54, "open_hihat"),
        ("bfd3", 86, None),
        ("ssd5", 46, "open_hihat"),
        ("hydrogen", 50, "high_tom"),
    ],
)
def test_a_note_that_was_played_is_read_as_the_instrument_means_it(name: str, pitch: int, drum: str | None) -> None:
    assert built_in_map(name).read_pitch(pitch) == drum


def test_a_map_without_china_plays_its_crash() -> None:
    assert built_in_map("ableton").pitch("china") == built_in_map("ableton").pitch("crash") == 49


def test_a_map_is_found_by_the_name_of_the_instrument() -> None:
    assert built_in_map("EZdrummer 3").name == "ezdrummer_3"


def test_an_unknown_map_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match=r"'abelton'\. Did you mean ableton"):
        built_in_map("abelton")


def test_the_label_of_a_note_is_the_first_that_plays_it() -> None:
    assert built_in_map("ableton").label_of(41) == "low_tom"


def test_a_user_map_starts_from_its_base() -> None:
    drum_map = DrumMap.of({"name": "mine", "base": "ssd5", "notes": {"Open Hat": 71}})
    assert (drum_map.name, drum_map.pitch("open_hihat"), drum_map.pitch("crash")) == ("mine", 71, 55)


def test_a_user_map_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "garage.toml"
    path.write_text("[notes]\nkick = 24\nsnare = 26\n", encoding="utf-8")
    assert (DrumMap.load(path).name, DrumMap.load(path).pitch("rimshot")) == ("garage", 26)


def test_all_mistakes_of_a_user_map_are_told_at_once() -> None:
    with pytest.raises(DrumMapError) as caught:
        DrumMap.of({"base": "gn", "notes": {"kik drum": 36, "snare": 128, "ride": True}, "author": "me"})
    told = "\n".join(caught.value.problems)
    assert all(part in told for part in ("'author'", "'gn'", "'kik drum'", "snare: 128", "ride: True"))


def test_a_user_map_without_notes_is_refused() -> None:
    with pytest.raises(DrumMapError, match="kick = 36"):
        DrumMap.of({"name": "empty"})


@pytest.mark.parametrize("content", [b"kick 36", b"\xff\xfe[notes]", b"kick = " + b"9" * 5000])
def test_a_map_that_is_no_toml_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garage.toml"
    path.write_bytes(content)
    with pytest.raises(DrumMapError, match=r"garage\.toml is not a TOML file"):
        DrumMap.load(path)


def test_a_map_nested_too_deeply_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "garage.toml").write_bytes(b"x = " + b"[" * 20_000)
    with pytest.raises(DrumMapError, match=r"garage\.toml is nested too deeply"):
        DrumMap.load(tmp_path / "garage.toml")


def test_a_map_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DrumMapError, match="cannot be read"):
        DrumMap.load(tmp_path / "none.toml")


def test_a_mistake_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "garage.toml"
    path.write_text("[notes]\nkick = 200\n", encoding="utf-8")
    with pytest.raises(DrumMapError, match=r"garage\.toml: kick: 200"):
        DrumMap.load(path)
