import pytest

from daemon.commands.part_flags import corrections, parts, sensitivity, settings
from daemon.errors import Rejected


def test_settings_are_numbers_switches_and_words_by_part():
    typed = ["bass.transpose=-12", "bass.overlap=keep", "vocals.bends=false"]
    assert settings(typed) == {"bass": {"transpose": -12, "overlap": "keep"}, "vocals": {"bends": False}}


def test_corrections_are_gathered_by_part():
    found = corrections(["bass:12"], ["bass:7=43"], ["piano:9=-1"], ["bass:10+11"])
    assert found == {
        "bass": {"delete": ["12"], "pitch": {"7": "43"}, "merge": [["10", "11"]]},
        "piano": {"octave": {"9": "-1"}},
    }


def test_sensitivity_is_by_name():
    assert sensitivity(["bass=0.7"]) == {"bass": "0.7"}


@pytest.mark.parametrize(("read", "text"), [(settings, "bass=3"), (corrections, "12"), (sensitivity, "0.7")])
def test_what_cannot_be_read_is_answered_with_an_example(read, text):
    with pytest.raises(Rejected, match="write it like"):
        read([text])


def test_parts_are_told_by_commas_or_not_at_all():
    assert (parts("bass, drums"), parts(None)) == (("bass", "drums"), None)


@pytest.mark.parametrize("text", ["", " ", ","])
def test_a_list_without_a_part_is_refused_and_does_not_mean_the_drums(text):
    with pytest.raises(Rejected, match="names no part"):
        parts(text)
