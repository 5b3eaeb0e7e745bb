"""The patcher: what Max's reference knows of its objects, cords that fit, and a panel in which nothing overlaps."""

import json
import re
from itertools import combinations
from typing import get_args

import pytest
from py2max import maxref

from bridge.drum_labels import LABELS, SOUNDS
from bridge.drum_map import built_in_map
from bridge.osc.addresses import DEFAULT_PORT, PROTOCOL, REQUESTS
from daemon.pipeline.options import FileStart
from daemon.score.beat_words import FACTORS
from max_for_live import panel as look
from max_for_live.amxd import decode
from max_for_live.build import DEVICE, SOURCES, build_frozen, build_unfrozen, main, patcher, script
from max_for_live.patch import StoredAs
from max_for_live.render import PAINTERS, SCALE, draw

WHOLE = patcher()["patcher"]
BOXES = {box["box"]["id"]: box["box"] for box in WHOLE["boxes"]}
CORDS = [line["patchline"] for line in WHOLE["lines"]]
SHOWN = [box for box in BOXES.values() if box.get("presentation")]
PARAMETERS = {
    box["varname"]: box["saved_attribute_attributes"]["valueof"]
    for box in BOXES.values()
    if "saved_attribute_attributes" in box
}
# What every box may have; the reference lists only what is particular to an object.
COMMON = {
    "id", "maxclass", "varname", "numinlets", "numoutlets", "outlettype", "patching_rect", "text", "presentation",
    "presentation_rect", "parameter_enable", "saved_attribute_attributes", "saved_object_attributes", "annotation",
    "hint", "ignoreclick", "textjustification", "textcolor",
}  # fmt: skip
VARIABLE = {"js", "t", "udpsend"}  # their inlets and outlets depend on arguments, or the reference does not say


def words(box: dict) -> list[str]:
    return box["text"].split() if box["maxclass"] == "newobj" else [box["maxclass"]]


def test_the_committed_device_is_what_the_sources_make():
    assert DEVICE.read_bytes() == build_frozen()


def test_both_forms_are_read_back_with_the_same_patcher():
    made, editable = decode(build_frozen()), decode(build_unfrozen())
    assert json.loads(made.patcher) == json.loads(editable.patcher) == patcher()
    assert [(entry.name, entry.body.decode()) for entry in made.entries] == [("sidestick.js", script())]


def test_the_unfrozen_form_is_written_on_demand(tmp_path):
    main(["--edit", str(tmp_path / "dev")])
    assert (tmp_path / "dev" / "sidestick.amxd").read_bytes() == build_unfrozen()
    assert (tmp_path / "dev" / "sidestick.js").read_text("utf-8") == script()


def test_ids_and_scripting_names_are_unique():
    assert len(BOXES) == len(WHOLE["boxes"]) == len({box["varname"] for box in BOXES.values()})


@pytest.mark.parametrize("box", BOXES.values(), ids=lambda box: box["varname"])
def test_max_knows_the_object_with_its_inlets_outlets_and_attributes(box):
    name, *arguments = words(box)
    known = maxref.get_object_info(name)
    assert known, f"Max has no object {name}"
    if name not in VARIABLE:
        assert box["numinlets"] == maxref.get_inlet_count(name)
        assert box["numoutlets"] == maxref.get_outlet_count(name)
    given = {word[1:] for word in arguments if word.startswith("@")} | (box.keys() - COMMON)
    assert given <= known["attributes"].keys()


def test_every_cord_joins_an_outlet_to_an_inlet_that_are_there():
    for cord in CORDS:
        (source, outlet), (target, inlet) = cord["source"], cord["destination"]
        assert outlet < BOXES[source]["numoutlets"]
        assert inlet < BOXES[target]["numinlets"]


def test_sound_goes_straight_through():
    sound = [c for c in CORDS if c["source"][0] == "obj-sound_in"]
    assert [(c["source"][1], c["destination"]) for c in sound] == [(n, ["obj-sound_out", n]) for n in (0, 1)]


def test_parameter_names_are_unique_and_listed():
    names = [parameter["parameter_longname"] for parameter in PARAMETERS.values()]
    assert len(names) == len(set(names))
    listed = [value for value in WHOLE["parameters"].values() if isinstance(value, list)]
    assert sorted(names) == sorted(long for long, _, _ in listed)


def test_only_what_the_user_sets_is_stored_with_the_set():
    controls = {"target", "input", "place", "grid", "strength", "swing", "beats", "map", "file_start"}
    kept = {name for name, parameter in PARAMETERS.items() if parameter["parameter_invisible"] == StoredAs.WITH_SET}
    shown = {name for name, parameter in PARAMETERS.items() if parameter["parameter_invisible"] == StoredAs.AUTOMATED}
    assert kept == {"stored", "dropped", "daemon_port"}
    assert shown == {*controls, *look.DRUMS}


def test_the_presentation_fits_and_nothing_overlaps():
    for box in SHOWN:
        x, y, width, height = box["presentation_rect"]
        assert x >= 0 and y >= 0 and x + width <= look.WIDTH and y + height <= look.HEIGHT == 169
    for one, other in combinations(SHOWN, 2):
        assert not overlap(one["presentation_rect"], other["presentation_rect"]), (one["varname"], other["varname"])


def test_the_picture_of_the_panel_shows_every_kind_of_object():
    assert draw().size == (SCALE * look.WIDTH, SCALE * look.HEIGHT)
    assert {box["maxclass"] for box in SHOWN} == PAINTERS.keys()


def overlap(one: list[float], other: list[float]) -> bool:
    return all(one[i] < other[i] + other[i + 2] and other[i] < one[i] + one[i + 2] for i in (0, 1))


def test_every_button_and_control_reaches_a_function_of_the_script():
    text = script()
    controls = re.search(r"var CONTROLS = \[(.*?)\]", text, re.DOTALL)
    said = {box["text"].split()[0] for box in BOXES.values() if box["maxclass"] == "message"}
    said |= {box["text"].split()[1] for box in BOXES.values() if box.get("text", "").startswith("prepend ")}
    assert controls
    functions = set(re.findall(r"^function (\w+)", text, re.MULTILINE)) | set(re.findall(r'"(\w+)"', controls[1]))
    assert said <= functions


def test_every_name_the_script_looks_for_is_a_box():
    names = {box["varname"] for box in BOXES.values()}
    asked = set(re.findall(r'\b(?:findBox|this\.setText)\("(\w+)"', script())) - {"count", "label"}
    assert (
        {"light", "link", "status", "progress", "page", "daemon_port", "stored", "beat_now", "bpm", "meter", "exports"}
        == asked
        <= names
    )
    assert {f"{name}{i}" for name in ("count", "label", "listen") for i in range(look.ROWS)} <= names


def table(name: str) -> str:
    """What stands between the braces of a variable of the script."""
    found = re.search(rf"var {name} = \{{(.*?)\n    \}}", script(), re.DOTALL)
    assert found
    return found[1]


def pitches(name: str) -> dict[str, int]:
    return {label: int(note) for label, note in re.findall(r"(\w+): (\d+)", table(name))}


def test_menus_and_script_agree_with_the_daemons_labels():
    assert pitches("GM") == {sound.label: sound.pitch for sound in SOUNDS.values()}
    assert tuple(pitches("GM")) == LABELS
    assert tuple(SOUNDS[label].name for label in LABELS) == look.LABELS
    assert f"var ROWS = {look.ROWS};" in script()


def test_meters_and_starts_of_the_menus_are_those_of_the_script_and_the_daemon():
    lists = dict(re.findall(r"var (METERS|STARTS) = \[(.*?)\]", script()))
    assert tuple(json.loads(f"[{lists['METERS']}]")) == look.METERS[:-1]
    starts = json.loads(f"[{lists['STARTS']}]")
    assert len(starts) == len(look.STARTS) and set(starts) == {None, *get_args(FileStart)}
    words = {box["text"].split()[1] for box in BOXES.values() if box.get("text", "").startswith("times ")}
    assert words == FACTORS.keys()


def test_drum_rack_and_stand_ins_are_those_of_the_daemon():
    listed = re.findall(r"(\w+): \[(.*?)\]", table("STAND_INS"))
    assert pitches("DRUM_RACK") == dict(built_in_map("ableton").notes)
    assert {label: tuple(re.findall(r'"(\w+)"', names)) for label, names in listed} == {
        sound.label: sound.stand_ins for sound in SOUNDS.values() if sound.stand_ins
    }


def test_the_scripts_speak_the_daemons_protocol():
    text = script()
    assert f"var PROTOCOL = {PROTOCOL};" in text
    assert f"var DEFAULT_PORT = {DEFAULT_PORT};" in text
    verbs = set(re.findall(r'(?:\.ask|\.sendEdit|runAction\("sendEdit",)\(?\s*"(\w+)"', text))
    assert verbs >= {"ping", "subscribe", "process", "cancel", "relabel"}
    assert {f"/sidestick/{verb}" for verb in verbs} <= REQUESTS.keys()


def test_scripts_are_small_files():
    for name in SOURCES:
        lines = (DEVICE.parent / "code" / f"{name}.js").read_text("utf-8").splitlines()
        assert len(lines) <= 300
        assert max(map(len, lines)) <= 120
