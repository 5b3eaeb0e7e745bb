"""Everything that the HTTP inlet needs, put together once its port is open."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from daemon.backends.checkpoints import Checkpoints
from daemon.backends.separate import EMBEDDED
from daemon.backends.separators import KIT_NETWORKS, NamedSeparator, kit_splitter, separator
from daemon.config import Settings, is_loopback
from daemon.core import Components, Core
from daemon.inlets.http import uploads
from daemon.inlets.http.cached_results import CachedResults
from daemon.inlets.http.context import HttpContext
from daemon.inlets.http.event_log import EventLog, EventLogHandler
from daemon.inlets.http.media_cache import MediaCache
from daemon.inlets.http.metrics import Metrics
from daemon.inlets.http.routes import build_application
from daemon.inlets.http.security import SecurityMiddleware, SecuritySettings
from daemon.logs import NAME
from daemon.outlets.delivery import DeliverySettings
from daemon.pipeline.tools import Tools

BUSY_RATE = 50.0  # requests a second from one address, where other machines may ask and nothing else is set


def open_application(
    settings: Settings,
    services: Components,
    core: Core,
    tools: Tools,
    delivery_settings: DeliverySettings,
    osc_counts: Mapping[str, int],
    port: int,
) -> tuple[HttpContext, SecurityMiddleware]:
    """The context, which listens to the bus from now on, and the application. `core` writes by `delivery_settings`."""
    context = HttpContext(
        settings=settings,
        core=core,
        services=services,
        delivery_settings=delivery_settings,
        cached_results=build_cached_results(settings, tools),
        media_cache=MediaCache(settings.folders.cache / "stages"),
        event_log=EventLog(),
        metrics=Metrics(),
        cache=tools.cache,
        separators=_separators(settings),
        osc_counts=lambda: dict(osc_counts),
    )
    services.bus.subscribe(context.event_log.record_event)
    services.bus.subscribe(context.metrics.record_event)
    logging.getLogger(NAME).addHandler(EventLogHandler(context.event_log))
    uploads.sweep(settings.folders.uploads)
    return context, build_application(context, security_settings(settings, port))


def security_settings(settings: Settings, port: int) -> SecuritySettings:
    given = settings.daemon
    outside = not is_loopback(given.http_host)
    return SecuritySettings(
        port=port,
        outside=outside,
        key=given.http_key.get_secret_value() if given.http_key else "",
        origins=frozenset(given.http_origins),
        rate=given.http_rate or (BUSY_RATE if outside else 0.0),
    )


def build_cached_results(settings: Settings, tools: Tools) -> CachedResults:
    """The cached results: what is there is found, and nothing is fetched."""
    known = Checkpoints(settings.folders.models, offline=True, custom=settings.models)
    full = replace(
        tools,
        separator=lambda name, report: separator(name, known, settings.device, report),
        kit_splitter=lambda name: kit_splitter(name, known, settings.device),
    )
    small = NamedSeparator(EMBEDDED, known, settings.device)
    small_tools = replace(full, separator=lambda *_: small, kit_splitter=lambda *_: None)
    return CachedResults(settings.folders.cache / "stages", full, small_tools)


def _separators(settings: Settings) -> tuple[str, ...]:
    checkpoints = Checkpoints(settings.folders.models, offline=settings.offline, custom=settings.models)
    names = (name for name in checkpoints.names() if name not in KIT_NETWORKS)
    return tuple(dict.fromkeys(("auto", EMBEDDED, *names)))
