"""The examples of the reference are corrections that work."""

import json

import pytest

from daemon.score.change_tables import examples
from daemon.score.changes import Changes
from daemon.score.note_changes import NoteChanges


@pytest.mark.parametrize("model", [Changes, NoteChanges])
def test_every_word_of_a_correction_has_an_example_that_is_read(model):
    for name, example in examples(model).items():
        assert getattr(model.model_validate_json(json.dumps({name: example})), name)
