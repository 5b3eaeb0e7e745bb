"""Everything that the HTTP inlet needs, put together once its port is open."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from daemon.backends.checkpoints import Checkpoints
from daemon.backends.separate import EMBEDDED
from daemon.backends.separators import KIT_NETWORKS, Separator, kit_splitter, separator
from daemon.config import Settings, is_loopback
from daemon.core import FrontDesk, Staff
from daemon.inlets.http import uploads
from daemon.inlets.http.cached_results import Shelf
from daemon.inlets.http.context import Front
from daemon.inlets.http.event_log import Feed, LogTap
from daemon.inlets.http.media_cache import Lab
from daemon.inlets.http.metrics import Meter
from daemon.inlets.http.routes import application
from daemon.inlets.http.security import Gate, Rules
from daemon.logs import NAME
from daemon.outlets.delivery import Desk
from daemon.pipeline.tools import Studio as Tools

BUSY_RATE = 50.0  # requests a second from one address, where other machines may ask and nothing else is set


def opened(
    settings: Settings,
    staff: Staff,
    desk: FrontDesk,
    tools: Tools,
    outbox: Desk,
    osc_counts: Mapping[str, int],
    port: int,
) -> tuple[Front, Gate]:
    """The front, which listens to the bus from now on, and the application. `outbox` is where `desk` writes."""
    front = Front(
        settings=settings,
        desk=desk,
        staff=staff,
        outbox=outbox,
        shelf=shelf(settings, tools),
        lab=Lab(settings.folders.cache / "stages"),
        feed=Feed(),
        meter=Meter(),
        cache=tools.workspace,
        separators=_separators(settings),
        osc_counts=lambda: dict(osc_counts),
    )
    staff.bus.listen(front.feed.hear)
    staff.bus.listen(front.meter.hear)
    logging.getLogger(NAME).addHandler(LogTap(front.feed))
    uploads.sweep(settings.folders.uploads)
    return front, application(front, rules(settings, port))


def rules(settings: Settings, port: int) -> Rules:
    given = settings.daemon
    outside = not is_loopback(given.http_host)
    return Rules(
        port=port,
        outside=outside,
        key=given.http_key.get_secret_value() if given.http_key else "",
        origins=frozenset(given.http_origins),
        rate=given.http_rate or (BUSY_RATE if outside else 0.0),
    )


def shelf(settings: Settings, tools: Tools) -> Shelf:
    """It looks for what is there and fetches nothing."""
    known = Checkpoints(settings.folders.models, offline=True, custom=settings.models)
    full = replace(
        tools,
        separation=lambda name, report: separator(name, known, settings.device, report),
        kit_splitter=lambda name: kit_splitter(name, known, settings.device),
    )
    small = Separator(EMBEDDED, known, settings.device)
    lean = replace(full, separation=lambda *_: small, kit_splitter=lambda *_: None)
    return Shelf(settings.folders.cache / "stages", full, lean)


def _separators(settings: Settings) -> tuple[str, ...]:
    checkpoints = Checkpoints(settings.folders.models, offline=settings.offline, custom=settings.models)
    names = (name for name in checkpoints.names() if name not in KIT_NETWORKS)
    return tuple(dict.fromkeys(("auto", EMBEDDED, *names)))
