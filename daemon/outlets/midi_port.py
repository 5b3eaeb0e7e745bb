"""The daemon's MIDI port: opens it once, plays transcriptions through it, and gets it back when it goes away."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.guard import Guard
from bridge.midi.clock import ClockFollower
from bridge.midi.link import LinkTransport, open_link
from bridge.midi.note_scheduler import SoundingNotes
from bridge.midi.play_events import PlaySettings
from bridge.midi.player import Player
from bridge.midi.port import Api, InPort, NoPort, OutPort, Receive, open_in, open_out, open_sources
from bridge.midi.transport import Transport
from bridge.notes import DRUM_CHANNEL, Clip, ClipNote, Track
from bridge.timebase import Seconds, TempoMap
from daemon.errors import Rejected
from daemon.extras import install_command
from daemon.outlets.pad_learner import Learn, PadLearner
from daemon.validation import refusal

CHECK = 2.0  # seconds between looks at whether the port is still there
PAUSE = 0.4  # seconds; an audition does not wait longer for its next note


class PushOptions(BaseModel):
    """How a push is played. `channel` counts from 1 as on a keyboard; no `parts` means all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: Literal["now", "transport", "link"] = "now"
    loop: bool = False
    channel: int | None = Field(None, ge=1, le=16)
    parts: tuple[str, ...] = ()

    @classmethod
    def read(cls, values: dict[str, Any]) -> "PushOptions":
        """Validated options, or Rejected with one sentence for each mistake."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise Rejected("bad_option", " ".join(_error_text(e) for e in error.errors())) from None

    @property
    def play_settings(self) -> PlaySettings:
        channel = None if self.channel is None else self.channel - 1
        return PlaySettings(loop=self.loop, channel=channel, parts=frozenset(p.casefold() for p in self.parts))


@dataclass(frozen=True, slots=True)
class PortSettings:
    """Names of the ports and the back end (None: the best there is), and how they are opened."""

    name: str = "sidestick"
    sync_name: str = "sidestick sync"
    api: Api | None = None
    open_out: Callable[[str, Api | None], OutPort | NoPort] = open_out
    open_in: Callable[[Receive, str, Api | None, OutPort | None], InPort | NoPort] = open_in
    open_link: Callable[[], LinkTransport | None] = open_link
    open_sources: Callable[[Receive, tuple[str, ...]], list[InPort]] = open_sources


class MidiOutlet:
    """`announce` gets one sentence whenever the port comes or goes. Every method may be called from any thread."""

    def __init__(self, settings: PortSettings, announce: Callable[[str], None]) -> None:
        self._settings = settings
        self._announce = announce
        self._player: Player | None = None
        self._sync: InPort | NoPort = NoPort("The port for the DAW's clock is not open yet.")
        self._link: LinkTransport | None = None
        self._sources: list[InPort] = []
        self._follower = ClockFollower()
        self._loops = False
        self._pad_learner = PadLearner()
        self._status_text = "The MIDI port opens with the first push."
        self._job = ""
        self._sent_before = 0
        self._left_sounding: SoundingNotes | None = None  # by a port that went
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._closed = False
        self._watcher: threading.Thread | None = None

    @property
    def status_text(self) -> str:
        """What sidestick plays through, or why it does not."""
        return self._status_text

    @property
    def is_open(self) -> bool:
        return self._player is not None

    @property
    def notes_sent(self) -> int:
        """Notes played since the start."""
        return self._sent_before + (self._player.notes_sent if self._player else 0)

    def open(self) -> str:
        """Opens the ports unless they are, so that a DAW can connect; returns `status_text`."""
        with self._lock:
            if self._player is None and not self._closed:
                self._open()
                self._start_watch()
            return self._status_text

    def push(self, clip: Clip, options: PushOptions, job: str = "") -> int:
        """Plays `clip`; returns its number of notes. Rejected without a port, a clock to follow, or a note."""
        with self._lock:
            player = self._open_player()
            notes = player.play(clip, options.play_settings, self._transport(clip, options))
            if not notes:
                raise Rejected("nothing_to_play", _explain_silence(clip, options))
            self._job = job
            return notes

    def is_playing(self, job: str) -> bool:
        """Whether it is this job that plays."""
        with self._lock:
            return self._player is not None and self._player.is_playing and job == self._job

    def replace(self, clip: Clip, job: str) -> bool:
        """Goes on with a regenerated `clip` if it is this job that plays; returns whether it is."""
        with self._lock:
            if self._player is None or not self._player.is_playing or job != self._job:
                return False
            self._player.replace(clip)
            if not self._loops:
                self._follower.expect(clip.tempo_map)
            return True

    def audition(self, notes: Sequence[ClipNote], channel: int = DRUM_CHANNEL) -> int:
        """Plays these notes now, without the long waits between them; returns how many."""
        with self._lock:
            track = Track("audition", channel, tuple(_shorten_gaps(notes)))
            self._job = ""
            self._pad_learner.ignore({note.pitch for note in notes})
            return self._open_player().play(Clip("audition", TempoMap.constant(120), (track,), Seconds(0.0)))

    def learn(self, learn: Learn | None) -> None:
        """From now on `learn(pitch, velocity)` is called, on a thread of its own, for every pad played; None ends it.

        Notes of the latest audition are not reported: a DAW that echoes would relabel by itself.
        """
        self.open()
        self._close_sources()
        self._pad_learner.learn(learn)

    def hear_pads(self, learn: Learn) -> str:
        """The same for every note of every input of this computer too; returns where notes are heard from.

        Raises Rejected: no_port where there is no input at all.
        """
        self.learn(learn)
        self._pad_learner.ignore(frozenset())
        own = (self._settings.name, self._settings.sync_name)
        with self._lock:
            self._sources = self._settings.open_sources(lambda message, _: self._pad_learner.feed(message), own)
            found = [port.label for port in (self._sync, *self._sources) if not isinstance(port, NoPort)]
        if not found:
            self._pad_learner.learn(None)
            raise Rejected("no_port", "There is no MIDI input. Plug the kit in by USB, or start JACK or PipeWire.")
        return f"Pads are heard from {', '.join(found)}."

    def stop(self) -> None:
        with self._lock:
            if self._player is not None:
                self._player.stop()

    def panic(self) -> None:
        with self._lock:
            if self._player is not None:
                self._player.panic()

    def close(self) -> None:
        """Leaves silence, gives the ports up, and says nothing more."""
        with self._lock:
            self._closed = True
            self._close_sources()
            self._close_ports()
            if self._link is not None:
                self._link.close()
        self._wake.set()
        self._pad_learner.close()

    def check_port(self) -> None:
        """Notices a port that has gone and opens it again once it is back."""
        with self._lock:
            if self._closed:
                return
            if self._player is None:
                self._reopen()
            elif not (self._player.is_alive and self._is_sync_alive()):
                self._close_ports()
                self._status_text = (
                    f"The MIDI port {self._settings.name} has gone; sidestick takes it again when it is back."
                )
                self._announce(self._status_text)

    def _reopen(self) -> None:
        self._open()
        if self._player is not None:
            self._announce(self._status_text)

    def _is_sync_alive(self) -> bool:
        return isinstance(self._sync, NoPort) or self._sync.alive()

    def _open_player(self) -> Player:
        self.open()
        if self._player is not None and not self._player.is_alive:
            self.check_port()
        if self._player is None:
            raise Rejected("no_port", self._status_text)
        return self._player

    def _open(self) -> None:
        port = self._settings.open_out(self._settings.name, self._settings.api)
        if isinstance(port, NoPort):
            self._status_text = port.reason
            return
        self._player = Player(port, lambda _: self._wake.set(), self._left_sounding)
        self._left_sounding = None
        self._player.start()
        self._sync = self._settings.open_in(self._receive, self._settings.sync_name, self._settings.api, port)
        self._status_text = f"MIDI leaves through {port.label}."

    def _close_sources(self) -> None:
        with self._lock:
            sources, self._sources = self._sources, []
        for port in sources:
            port.close()

    def _close_ports(self) -> None:
        if not isinstance(self._sync, NoPort):
            self._sync.close()
        self._sync = NoPort("The port for the DAW's clock is not open.")
        player, self._player = self._player, None
        if player is not None:
            player.close()
            self._left_sounding = player.sounding_notes
            self._sent_before += player.notes_sent

    def _transport(self, clip: Clip, options: PushOptions) -> Transport | None:
        """A host may follow the clip's tempo map, but not through a loop of it."""
        if options.when == "transport":
            if isinstance(self._sync, NoPort):
                raise Rejected("no_sync", self._sync.reason)
            self._loops = options.loop
            self._follower.expect(None if options.loop else clip.tempo_map)
            return self._follower
        return self._join_link() if options.when == "link" else None

    def _join_link(self) -> LinkTransport:
        self._link = self._link or self._settings.open_link()
        if self._link is None:
            reason = f"Ableton Link is not installed. Add it with: {install_command(['link'])}"
            raise Rejected("no_link", reason)
        return self._link

    def _receive(self, message: bytes, time: float) -> None:
        player = self._player
        if self._follower.feed(message, time) and player is not None:
            player.wake()
        self._pad_learner.feed(message)

    def _start_watch(self) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch_port, name="sidestick port watch", daemon=True)
            self._watcher.start()

    def _watch_port(self) -> None:
        while not self._closed:
            self._wake.wait(CHECK)
            self._wake.clear()
            with Guard(f"The MIDI port {self._settings.name}"):
                self.check_port()


def _shorten_gaps(notes: Sequence[ClipNote]) -> list[ClipNote]:
    """The same notes from 0 on, none more than PAUSE after the one before."""
    ordered = sorted(notes, key=lambda note: note.onset)
    onset, moved = 0.0, []
    for before, note in pairwise([*ordered[:1], *ordered]):
        onset += min(note.onset - before.onset, PAUSE)
        moved.append(ClipNote(note.pitch, Seconds(onset), note.duration, note.velocity))
    return moved


def _explain_silence(clip: Clip, options: PushOptions) -> str:
    """Why there is no note to play, and which parts there are."""
    asked = ", ".join(part for part in options.parts if part)
    there = ", ".join(track.name.casefold() for track in clip.tracks if track.notes)
    hint = f" Its parts are {there}." if asked and there else ""
    return f"There is no note to play in {f'{asked} of ' if asked else ''}{clip.name}.{hint}"


def _error_text(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"]) or "options"
    if error["type"] == "extra_forbidden":
        return f"{name}: there is no such option of a push; use {', '.join(PushOptions.model_fields)}."
    return refusal(name, error)
