"""Every parameter of the device against Live's rules for them, and what Push shows of them."""

import pytest

from daemon.pipeline.options import Options
from max_for_live import panel as look
from max_for_live.build import patcher
from max_for_live.patch import Kind, StoredAs
from max_for_live.render import BODY, FIELD, DevicePicture, draw_box

WHOLE = patcher()["patcher"]
BOXES = {box["box"]["varname"]: box["box"] for box in WHOLE["boxes"]}
PARAMETERS = {
    name: box["saved_attribute_attributes"]["valueof"]
    for name, box in BOXES.items()
    if "saved_attribute_attributes" in box
}
BANKS = WHOLE["parameters"]["parameterbanks"]
SLOTS = 8  # dials of a Push
# Which objects can hold a parameter of which type, after Max's reference.
HOLDERS = {
    "live.dial": {Kind.FLOAT, Kind.INT, Kind.ENUM}, "live.numbox": {Kind.FLOAT, Kind.INT, Kind.ENUM},
    "live.menu": {Kind.ENUM}, "live.text": {Kind.ENUM}, "live.drop": {Kind.FILE}, "newobj": {Kind.BLOB},
}  # fmt: skip


@pytest.mark.parametrize("name", PARAMETERS)
def test_live_takes_the_parameter_as_it_is_written(name):
    found = PARAMETERS[name]
    kind = Kind(found["parameter_type"])
    assert kind in HOLDERS[BOXES[name]["maxclass"]]
    initial = found.get("parameter_initial", [None])[0]
    if kind is Kind.INT:
        assert found["parameter_mmax"] - found["parameter_mmin"] <= 255
    if kind in (Kind.INT, Kind.FLOAT):
        assert initial is None or found["parameter_mmin"] <= initial <= found["parameter_mmax"]
    if kind is Kind.ENUM:
        assert 2 <= len(found["parameter_enum"]) == found["parameter_mmax"] + 1
        assert initial is None or 0 <= initial <= found["parameter_mmax"]
    if kind in (Kind.BLOB, Kind.FILE):
        assert found["parameter_invisible"] != StoredAs.AUTOMATED
        assert not found.keys() & {"parameter_enum", "parameter_mmax", "parameter_initial"}


def test_port_number_reaches_every_port():
    """Row "port number": an Int has 256 values, so 1024 to 65535 must be a Float that is shown as a whole number."""
    found = PARAMETERS["daemon_port"]
    assert (found["parameter_type"], found["parameter_unitstyle"]) == (Kind.FLOAT, 0)
    assert (found["parameter_mmin"], found["parameter_mmax"], found["parameter_initial"]) == (1024, 65535, [9331])


def test_bpm_is_every_number_that_sidestick_takes():
    found, bpm = PARAMETERS["bpm"], Options.model_fields["bpm"].metadata
    assert (found["parameter_type"], found["parameter_unitstyle"]) == (Kind.FLOAT, 1)
    assert (found["parameter_mmin"], found["parameter_mmax"]) == (bpm[0].ge, bpm[1].le)


def test_live_drop_is_a_stored_file():
    """Row "live.drop": an Enum cannot hold the name of a file."""
    found = PARAMETERS["dropped"]
    assert (found["parameter_type"], found["parameter_invisible"]) == (Kind.FILE, StoredAs.WITH_SET)


def test_buttons_and_labels_have_no_initial_value():
    """Row "initial values on buttons fire at load": Live sends each of them when the set is opened."""
    hidden = [found for found in PARAMETERS.values() if found["parameter_invisible"] == StoredAs.HIDDEN]
    assert len(hidden) == 9 + 8 + look.ROWS * 2  # nine buttons, the beat, the groups
    assert all("parameter_initial" not in found and not found["parameter_initial_enable"] for found in hidden)


def test_progress_is_a_bar_in_max_and_in_the_picture():
    """Row "progress": the default style is a thin line, and the picture showed a bar all the same."""
    assert BOXES["progress"]["setstyle"] == 1
    box = next(box for box in look.panel().boxes if box.name == "progress")
    assert _colours(box) - {BODY, FIELD} > _colours(_without_style(box)) - {BODY, FIELD}


def _without_style(box):
    from dataclasses import replace

    return replace(box, attributes={key: value for key, value in box.attributes.items() if key != "setstyle"})


def _colours(box) -> set[str]:
    picture = DevicePicture()
    draw_box(picture, box)
    counted = picture.image.getcolors(100_000)
    return {f"#{r:02x}{g:02x}{b:02x}" for count, (r, g, b) in counted if count > 40}


def test_push_shows_the_controls_in_banks_of_eight():
    shown = [name for bank in BANKS.values() for name in bank["parameters"] if name != "-"]
    automated = [
        found["parameter_longname"]
        for found in PARAMETERS.values()
        if found["parameter_invisible"] == StoredAs.AUTOMATED
    ]
    assert sorted(shown) == sorted(automated)
    assert all(len(bank["parameters"]) == SLOTS and bank["name"] for bank in BANKS.values())
    assert [bank["index"] for bank in BANKS.values()] == [int(key) for key in BANKS] == list(range(len(BANKS)))
