"""A picture of what was heard: a lane per drum over the waveform and the beats, as SVG that any browser shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.drum_map import SOUNDS, Family
from bridge.timebase import Seconds
from daemon.files import write_atomically
from daemon.pipeline.records import Audio, BeatGrid, Hit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WIDTH, _LEFT, _RIGHT, _TOP, _LANE, _WAVE = 1280, 132, 24, 92, 34, 84
_EXCERPT_BARS, _EXCERPT_SECONDS = 8, 16.0
_COLOURS: dict[Family, str] = {
    "kick": "#b91c1c",
    "snare": "#1d4ed8",
    "toms": "#7c3aed",
    "hihat": "#0f766e",
    "cymbals": "#d97706",
    "percussion": "#be185d",
}
_INK, _FAINT, _RULE, _BAR, _SOUND = "#1f2937", "#6b7280", "#e5e7eb", "#9ca3af", "#cbd5e1"
# As a kit is drawn on paper: cymbals on top, the kick at the bottom.
_FROM_TOP = (
    "splash", "china", "crash_2", "crash", "ride_bell", "ride", "open_hihat", "closed_hihat", "pedal_hihat",
    "tambourine", "shaker", "cowbell", "high_tom", "mid_tom", "low_tom", "floor_tom",
    "clap", "side_stick", "rimshot", "snare", "kick",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The seconds of the song that the picture shows."""

    start: float
    stop: float


@dataclass(frozen=True, slots=True)
class _PlotArea:
    excerpt: Excerpt
    lanes: tuple[str, ...]

    @property
    def bottom(self) -> float:
        return _TOP + _WAVE + 12 + _LANE * len(self.lanes)

    def x(self, time: float) -> float:
        span = self.excerpt.stop - self.excerpt.start
        return _LEFT + (time - self.excerpt.start) / span * (_WIDTH - _LEFT - _RIGHT)

    def y(self, label: str) -> float:
        """The middle of a lane."""
        return _TOP + _WAVE + 12 + _LANE * (self.lanes.index(label) + 0.5)

    def shows(self, time: float) -> bool:
        return self.excerpt.start <= time <= self.excerpt.stop


def write_plot(path: Path, title: str, hits: Sequence[Hit], grid: BeatGrid, audio: Audio) -> Path:
    """The picture of an excerpt as an SVG file; `audio` is the waveform behind it. Raises DiskFailed."""
    shown = excerpt(grid, audio.duration)
    write_atomically(path, picture(title, hits, grid, shown, waveform_peaks(audio, shown)).encode("utf-8"))
    return path


def excerpt(grid: BeatGrid, duration: Seconds) -> Excerpt:
    """The whole of a short song; eight bars from the first downbeat after a quarter of a longer one."""
    if duration <= _EXCERPT_SECONDS:
        return Excerpt(0.0, duration)
    bars = [grid.beats[i] for i in grid.downbeats if grid.beats[i] >= duration / 4]
    start = bars[0] if bars else duration / 4
    stop = bars[_EXCERPT_BARS] if len(bars) > _EXCERPT_BARS else start + _EXCERPT_SECONDS
    return Excerpt(start, min(duration, stop, start + 1.5 * _EXCERPT_SECONDS))


def waveform_peaks(audio: Audio, shown: Excerpt, columns: int = 560) -> "NDArray[np.float32]":
    """(columns,) peaks of the excerpt, 1 for the loudest."""
    import numpy as np

    first = round(shown.start * audio.rate)
    sound = np.abs(audio.read(first, round((shown.stop - shown.start) * audio.rate))).max(axis=0)
    peaks = np.array([part.max(initial=0.0) for part in np.array_split(sound, columns)], dtype=np.float32)
    return peaks / max(float(peaks.max()), 1e-9)


def picture(
    title: str, hits: Sequence[Hit], grid: BeatGrid, shown: Excerpt, peaks: "Sequence[float] | NDArray[np.float32]"
) -> str:
    """The SVG. `peaks` (0 to 1) are spread evenly over the excerpt."""
    visible = [hit for hit in hits if shown.start <= hit.onset <= shown.stop]
    heard = {hit.label for hit in visible}
    page = _PlotArea(shown, tuple(label for label in _FROM_TOP if label in heard))
    body = [*_title_lines(page, title, visible, grid), *_lanes(page), *_beats(page, grid)]
    body += [*_waveform(peaks), *_hit_marks(page, visible), *_legend(page)]
    height = round(page.bottom + 62)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" font-family="Inter, Segoe UI, Helvetica, Arial, sans-serif">\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _text(x: float, y: float, words: str, *, size: int = 13, fill: str = _INK, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" {more}>{escape(words, quote=False)}</text>'


def _line(x: float, top: float, bottom: float, colour: str, width: float) -> str:
    return (
        f'<line x1="{x:.2f}" y1="{top:.1f}" x2="{x:.2f}" y2="{bottom:.1f}" stroke="{colour}" stroke-width="{width}"/>'
    )


def _title_lines(page: _PlotArea, title: str, hits: Sequence[Hit], grid: BeatGrid) -> Iterator[str]:
    beat = f"{grid.bpm:.4g} bpm, {grid.numerator}/{grid.denominator}" if grid.confidence else "no beat found"
    start, stop = page.excerpt.start, page.excerpt.stop
    yield _text(24, 36, title, size=20, more='font-weight="600"')
    yield _text(24, 57, f"{len(hits)} hits · {beat} · {_clock_text(start)} to {_clock_text(stop)}", fill=_FAINT)


def _clock_text(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def _lanes(page: _PlotArea) -> Iterator[str]:
    for index, label in enumerate(page.lanes):
        y = page.y(label)
        if index % 2 == 0:
            yield (
                f'<rect x="{_LEFT}" y="{y - _LANE / 2:.1f}" width="{_WIDTH - _LEFT - _RIGHT}" '
                f'height="{_LANE}" fill="#f8fafc"/>'
            )
        yield _text(_LEFT - 14, y + 4.5, SOUNDS[label].name, more='text-anchor="end"')


def _beats(page: _PlotArea, grid: BeatGrid) -> Iterator[str]:
    """Hairlines on beats, stronger and numbered on downbeats."""
    bars = {index: number for number, index in enumerate(grid.downbeats, 1)}
    for index, time in enumerate(grid.beats):
        if not page.shows(time):
            continue
        x = page.x(time)
        if index in bars:
            yield _text(x, _TOP - 5, str(bars[index]), size=11, fill=_FAINT, more='text-anchor="middle"')
        yield _line(x, _TOP, page.bottom, *((_BAR, 1.1) if index in bars else (_RULE, 0.8)))


def _waveform(peaks: "Sequence[float] | NDArray[np.float32]") -> Iterator[str]:
    middle, width = _TOP + _WAVE / 2, (_WIDTH - _LEFT - _RIGHT) / max(1, len(peaks))
    upper = [(_LEFT + (i + 0.5) * width, float(peak) * _WAVE / 2) for i, peak in enumerate(peaks)]
    outline = [f"{x:.1f},{middle - h:.1f}" for x, h in upper]
    outline += [f"{x:.1f},{middle + h:.1f}" for x, h in reversed(upper)]
    yield f'<polygon points="{" ".join(outline)}" fill="{_SOUND}"/>'
    yield _text(_LEFT - 14, middle + 4.5, "Audio", fill=_FAINT, more='text-anchor="end"')


def _hit_marks(page: _PlotArea, hits: Sequence[Hit]) -> Iterator[str]:
    """A thin tail up into the waveform for the eye, and a dot that grows with velocity."""
    for hit in hits:
        loud, colour = hit.velocity / 127, _COLOURS[SOUNDS[hit.label].family]
        x, y = page.x(hit.onset), page.y(hit.label)
        yield (
            f'<rect x="{x - 1:.2f}" y="{y - 4 - 9 * loud:.1f}" width="2" height="{8 + 18 * loud:.1f}" rx="1" '
            f'fill="{colour}" opacity="{0.25 + 0.5 * loud:.2f}"/>'
            f'<circle cx="{x:.2f}" cy="{y:.1f}" r="{2.2 + 5 * loud:.1f}" '
            f'fill="{colour}" opacity="{0.35 + 0.65 * loud:.2f}"/>'
        )


def _legend(page: _PlotArea) -> Iterator[str]:
    x, y = float(_LEFT), page.bottom + 34
    for family in dict.fromkeys(SOUNDS[label].family for label in page.lanes):
        name = {"hihat": "Hi-hat"}.get(family, family.capitalize())
        yield f'<circle cx="{x + 6:.1f}" cy="{y - 4.5:.1f}" r="6" fill="{_COLOURS[family]}"/>'
        yield _text(x + 18, y, name)
        x += 36 + 7.6 * len(name)
    for velocity in (30, 80, 127):
        x += 22
        yield f'<circle cx="{x + 60:.1f}" cy="{y - 4.5:.1f}" r="{2.2 + 5 * velocity / 127:.1f}" fill="{_FAINT}"/>'
    yield _text(x + 74, y, "soft to loud", fill=_FAINT)
    yield _text(_WIDTH - _RIGHT, y, "bars above, beats as lines", fill=_FAINT, more='text-anchor="end"')
