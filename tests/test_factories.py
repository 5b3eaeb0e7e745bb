"""What is refused before any work is done."""

import pytest

from daemon import factories
from daemon.config import Settings
from daemon.errors import Rejected
from daemon.pipeline.options import Options


@pytest.fixture
def without_packages(monkeypatch):
    """A computer with the default install."""
    extra = {"librosa", "pretty_midi", "basic_pitch"}
    there = factories.find_spec
    monkeypatch.setattr(factories, "find_spec", lambda name: None if name in extra else there(name))


def test_classic_onsets_without_librosa_say_what_to_install(without_packages):
    with pytest.raises(Rejected, match=r"need librosa\. Add it with: .*pip install .*(librosa|classic)"):
        factories.check_options(Options(onsets="classic"), Settings())


def test_classic_notes_without_their_package_say_what_to_install(without_packages):
    options = Options.read({"parts": ["bass"], "note_recipe": "classic"})
    with pytest.raises(Rejected, match=r"pip install .*(librosa|classic).* and pip install --no-deps basic-pitch"):
        factories.check_options(options, Settings())


def test_drums_alone_need_no_package_for_notes(without_packages):
    factories.check_options(Options(note_recipe="classic"), Settings())


def test_the_recipes_are_taken_where_their_packages_are():
    factories.check_options(Options.read({"parts": "all", "note_recipe": "classic", "onsets": "classic"}), Settings())


@pytest.mark.parametrize(
    ("wishes", "remedy"),
    [({"parts": "none"}, "set stems or backing"), ({"stem_names": ["drums"]}, "set stems to their format")],
)
def test_what_would_write_nothing_is_refused(wishes, remedy):
    with pytest.raises(Rejected, match=remedy):
        factories.check_options(Options.read(wishes), Settings())


def test_stems_without_notes_are_no_mistake():
    factories.check_options(Options.read({"parts": "none", "stems": "wav", "stem_names": ["drums"]}), Settings())
