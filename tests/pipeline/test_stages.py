"""The table of stages, and the runner of a row."""

import inspect
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import get_type_hints

import pytest

from daemon.errors import CacheFailed, NoMemory, Rejected, StageFailed
from daemon.jobs.run_task import steps
from daemon.jobs.timings import TimedStep, Timings
from daemon.pipeline import stage_functions
from daemon.pipeline.options import Options
from daemon.pipeline.records import Part, StageFile, Weights
from daemon.pipeline.stages import NOTES, STAGE_NAMES, STAGES, Stage, StageCaption, StageRunner, describe_step, stage_of
from tests.pipeline.test_chain import build_tools


@dataclass(frozen=True)
class ShiftInput:
    content: str
    amount: int
    wish: str = ""
    weights: Weights = stage_functions.NO_MODEL


def shift(given, folder, report):
    target = folder / "shifted.txt"
    target.write_text(f"{given.content} by {given.amount}")
    report(0.5)
    return StageFile(target)


SHIFT = Stage("shift", shift, StageFile, ("content", "amount"), 0.1, StageCaption("", "", ""), lambda _: ("shift",))
GIVEN = ShiftInput("song", 3)


@pytest.fixture
def tools(tmp_path):
    return build_tools(tmp_path)


def run(tools, stage=SHIFT, given=GIVEN, told=None):
    runner = StageRunner(tools, (lambda *each: told.append(each)) if told is not None else lambda *_: None)
    made = runner.run(stage, given)
    return made, runner.timings[-1].cached


def breaking(error):
    def function(given, folder, report):
        raise error

    return replace(SHIFT, function=function)


def test_a_row_and_a_function_are_a_stage_with_cache_and_progress(tools):
    told = []
    made, cached = run(tools, told=told)
    assert (made.path.read_text(), cached) == ("song by 3", False)
    assert told == [("shift", 0.0), ("shift", 0.5), ("shift", 1.0)]
    assert run(tools) == (made, True)


def test_a_stage_is_run_again_for_what_it_depends_on_and_for_nothing_else(tools):
    run(tools)
    assert run(tools, given=replace(GIVEN, wish="louder"))[1]
    assert not run(tools, given=replace(GIVEN, amount=4))[1]


def test_what_a_stage_trips_over_fails_it_by_name(tools):
    with pytest.raises(StageFailed, match=r"The stage shift broke \(ZeroDivisionError: oops"):
        run(tools, breaking(ZeroDivisionError("oops")))


def test_a_file_that_somebody_removed_under_a_stage_is_named_and_nothing_is_to_be_reported(tools, tmp_path):
    @dataclass(frozen=True)
    class HeardInput(ShiftInput):
        sound: StageFile | None = None

    with pytest.raises(CacheFailed, match=r"gone\.wav was removed while it was needed\. Ask for the song again"):
        run(
            tools,
            breaking(RuntimeError("Error opening gone.wav")),
            HeardInput("song", 3, sound=StageFile(tmp_path / "gone.wav")),
        )


def test_a_stage_that_runs_out_of_memory_says_so(tools):
    with pytest.raises(NoMemory):
        run(tools, breaking(MemoryError()))


def test_what_a_stage_refuses_is_handed_on(tools):
    with pytest.raises(Rejected, match="silent"):
        run(tools, breaking(Rejected("silent", "It is silent.")))


@pytest.mark.parametrize("stage", STAGES, ids=STAGE_NAMES)
def test_what_a_stage_depends_on_is_named_in_its_input(stage):
    given = get_type_hints(stage.function, vars(stage_functions) | {"Path": Path})["given"]
    known = {field.name for field in fields(given)}
    known |= {name for name, _ in inspect.getmembers(given, lambda member: isinstance(member, property))}
    assert set(stage.depends_on) <= known


def test_every_stage_has_a_name_a_speed_and_words_of_its_own():
    assert len({*STAGE_NAMES}) == len({stage.caption for stage in STAGES}) == len(STAGES)
    assert all(stage.usual_speed > 0 for stage in STAGES)


def test_a_pitched_part_is_a_step_of_the_notes():
    assert stage_of("bass") is NOTES
    assert stage_of("drums") is None


def test_a_step_is_told_in_words():
    assert describe_step("hits") == "Finding the hits"
    assert describe_step("bass") == "Finding the notes: bass"
    assert describe_step("write") == "Writing the files"


def test_the_steps_of_a_job_are_those_of_its_options():
    assert [step.stage for step in steps(Options(input="drums"))] == ["decode", "listen", "kit", "hits", "beats"]
    whole = Options(parts=(Part.BASS, Part.OTHER))
    names = [step.stage for step in steps(whole)]
    assert names == ["decode", "separate", "listen", "beats", "bass", "other", "harmony"]


def test_a_machine_that_ran_nothing_yet_goes_by_the_table(tmp_path):
    [seconds] = Timings(tmp_path / "none.json").estimate_steps([TimedStep("bass")], 100.0)
    assert seconds == 100.0 * NOTES.usual_speed
