"""The OSC inlet: calls from the wire go to the dispatcher, later events back to the port that asked."""

import errno
from collections.abc import Sequence
from functools import partial

from bridge.discovery import is_alive, read_running, state_folder
from bridge.osc.addresses import DEFAULT_PORT
from bridge.osc.calls import Call
from bridge.osc.client import Client, NoAnswerError, RefusedError
from bridge.osc.server import OscServer, Peer
from bridge.osc.wire import Message
from daemon.errors import ConfigError
from daemon.inlets.dispatch import Dispatcher
from daemon.outlets.notify import Requester

_PING_TIMEOUT = 0.5  # seconds


class OscInlet:
    """Takes the port at once (ConfigError if that fails), answers from start() to stop()."""

    def __init__(self, dispatcher: Dispatcher, osc_port: int = DEFAULT_PORT) -> None:
        self._dispatcher = dispatcher
        try:
            self.server = OscServer(self._handle, osc_port)
        except OSError as error:
            raise ConfigError([_port_refusal(osc_port, error)]) from None

    @property
    def osc_port(self) -> int:
        return self.server.osc_port

    def start(self) -> None:
        self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def _handle(self, call: Call, peer: Peer) -> Sequence[Message]:
        asker = Requester(f"osc {peer}", call.id, partial(self.server.send, peer=peer))
        return self._dispatcher.handle(call, asker)


def _port_refusal(osc_port: int, error: OSError) -> str:
    if error.errno != errno.EADDRINUSE:
        return f"OSC port {osc_port} cannot be opened ({error.strerror}). Set daemon.osc_port to another one."
    holder = _other_sidestick(osc_port)
    if holder:
        return f"OSC port {osc_port} is taken by {holder}. Stop that one first, or set daemon.osc_port to another one."
    return f"OSC port {osc_port} is taken by another program. Set daemon.osc_port to another one."


def _other_sidestick(osc_port: int) -> str:
    """The sidestick that has the port, by its own word or by daemon.json; '' if it is somebody else."""
    try:
        with Client(osc_port, _PING_TIMEOUT) as client:
            _, name, version, _, pid = map(str, client.ask("/sidestick/ping").args)
            return f"another {name} {version} (process {pid})"
    except (NoAnswerError, RefusedError, ValueError):
        running = read_running(state_folder())
    if running and running.osc_port == osc_port and is_alive(running):
        return f"another sidestick {running.version} (process {running.pid}) that does not answer"
    return ""
