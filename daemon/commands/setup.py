"""`sidestick setup`: three questions, or the same as flags. A second run shows what is set."""

import os
import sys
from collections.abc import Callable

from bridge.files import expand_home
from daemon.config import load
from daemon.errors import Rejected
from daemon.service import service
from daemon.setup import DAWS, SetupAnswers, SetupState, apply_answers, daw_of, default_drop, state_of

Ask = Callable[[str], str]


def run(answers: SetupAnswers, ask: Ask = input) -> int:
    """Ask what `answers` leave open, if somebody is there to be asked; then write it down."""
    found = load()
    own = service(sys.platform, found.settings.folders.state, os.environ)
    before = state_of(found, own)
    if answers == SetupAnswers():
        print("\n".join(_state_lines(before)))
        if not sys.stdin.isatty():
            print("Say --drop, --daw and --service to set them without questions.")
            return 0
        answers = ask_everything(before, ask)
    try:
        after = apply_answers(answers, found, own, os.environ)
    except Rejected as refused:
        if refused.code not in ("no_service", "no_session"):
            raise
        after, problem = load(), refused.reason
        print("\n".join(_result_lines(state_of(after, own))))
        print(problem, file=sys.stderr)
        return 1
    print("\n".join(_result_lines(state_of(after, own))))
    return 0


def ask_everything(before: SetupState, ask: Ask) -> SetupAnswers:
    """The three answers; Enter takes what stands in brackets."""
    folder = before.drop[0] if before.drop else default_drop()
    typed = ask(f"\n1. Which folder do you drop songs into? [{folder}] ").strip()
    drop = expand_home(typed) if typed else folder
    print("\n2. Which DAW do you use?")
    for number, daw in enumerate(DAWS, 1):
        print(f"   {number:>2}  {daw.title}")
    chosen = _ask_daw(before.daw or "other", ask)
    usual = "n" if before.drop and not before.at_log_on else "y"
    begin = ask(f"\n3. Start sidestick whenever you log on? y or n [{usual}] ").strip().casefold() or usual
    return SetupAnswers(drop, chosen, begin.startswith("y"))


def _ask_daw(usual: str, ask: Ask) -> str:
    while True:
        typed = ask(f"   Number or name [{daw_of(usual).title}] ").strip() or usual
        if typed.isdecimal() and 1 <= int(typed) <= len(DAWS):
            return DAWS[int(typed) - 1].name
        try:
            return daw_of(typed).name
        except Rejected as unknown:
            print(f"   {unknown.reason}")


def _state_lines(state: SetupState) -> list[str]:
    daw = daw_of(state.daw).title if state.daw else "not said yet"
    return [
        f"drop folder   {', '.join(map(str, state.drop)) or 'none yet'}",
        f"DAW           {daw}",
        f"at log-on     {'yes' if state.at_log_on else 'no'}",
        f"settings      {state.file}",
    ]


def _result_lines(state: SetupState) -> list[str]:
    begin = [] if state.at_log_on else ["Start it with `sidestick run`, then drop a song or open `sidestick review`."]
    restart = ["A sidestick that runs already takes this up when it is started again."] if state.drop else []
    step = [daw_of(state.daw).next_step] if state.daw else []
    return ["", *_state_lines(state), "", *step, *begin, *restart]
