"""Routes: the first set-up, as `sidestick setup` asks for it. The drop folder and the drum map hold at once."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter

from bridge.files import expand_home
from daemon.config import Config, is_loopback, load
from daemon.errors import Rejected
from daemon.inlets.http import schemas
from daemon.inlets.http.context import Context, HttpContext, SetupAccess
from daemon.inlets.http.errors import document_errors
from daemon.setup import DAWS, SetupAnswers, apply_answers, default_drop, state_of

router = APIRouter(prefix="/api/setup", tags=["sidestick"])


@router.get("", summary="What is set up")
def show(context: Context) -> schemas.SetupView:
    if context.setup is None or not is_loopback(context.settings.daemon.http_host):
        return _view_nothing()
    return _view(load(context.setup.environ), context.setup)


@router.post("", summary="Set up", responses=document_errors(400))
def answer(asked: schemas.SetupBody, context: Context) -> schemas.SetupView:
    """The settings file keeps its comments. Only from this machine."""
    access = require_access(context)
    drop = expand_home(asked.drop) if asked.drop else None
    before = load(access.environ)
    answers = SetupAnswers(drop, asked.daw, asked.at_log_on)
    remark = ""
    try:
        after = apply_answers(answers, before, access.service, access.environ)
    except Rejected as refused:
        if refused.code not in ("no_service", "no_session"):
            raise
        after, remark = load(access.environ), refused.reason
    _take_up(_Change(before, after), context, access)
    return _view(after, access, remark)


@dataclass(frozen=True, slots=True)
class _Change:
    before: Config
    after: Config

    @property
    def drops(self) -> list[Path]:
        known = [each.path for each in self.before.settings.daemon.drop]
        return [each.path for each in self.after.settings.daemon.drop if each.path not in known]


def _take_up(change: _Change, context: HttpContext, access: SetupAccess) -> None:
    """Without a restart: the new drum map first, for the folder takes it along."""
    drum_map = change.after.settings.options.drum_map
    context.core.set_defaults(context.core.defaults.model_copy(update={"drum_map": drum_map}))
    for path in change.drops:
        access.watch(path)


def require_access(context: HttpContext) -> SetupAccess:
    if context.setup is None or not is_loopback(context.settings.daemon.http_host):
        raise Rejected("no_setup", "This sidestick is set up on its own machine only.")
    return context.setup


def _view(found: Config, access: SetupAccess, remark: str = "") -> schemas.SetupView:
    state = state_of(found, access.service)
    return schemas.SetupView(
        is_new=state.is_new,
        drop=[str(path) for path in state.drop],
        default_drop=str(default_drop()),
        daw=state.daw,
        daws=[schemas.DawView(name=daw.name, title=daw.title, next_step=daw.next_step) for daw in DAWS],
        at_log_on=state.at_log_on,
        remark=remark,
    )


def _view_nothing() -> schemas.SetupView:
    return schemas.SetupView(is_new=False, drop=[], default_drop="", daw="", daws=[], at_log_on=False, remark="")
