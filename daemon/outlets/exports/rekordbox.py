"""Cue points and the beat for DJs: an XML that Rekordbox imports, and others with it.

The elements are those of Pioneer DJ's "rekordbox xml format list" 5.6.1: TRACK, TEMPO for each stretch of one tempo,
POSITION_MARK for each cue.
"""

from collections.abc import Iterator
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from daemon import __version__
from daemon.outlets.exports.song import ExportSong
from daemon.pipeline.beats.meter import has_beats
from daemon.score.bars import SongBars
from daemon.score.clip import tempo_map

_BARS = 16  # between two cues: a phrase of dance music
_NEAR = 0.001  # seconds
_HOT_CUES = 8  # that a player has; what follows are memory cues
_COLOUR = {"Red": "40", "Green": "226", "Blue": "20"}


def to_bytes(song: ExportSong) -> bytes:
    """The library of one song."""
    arrangement = song.arrangement
    root = Element("DJ_PLAYLISTS", Version="1.0.0")
    SubElement(root, "PRODUCT", Name="sidestick", Version=__version__, Company="")
    collection = SubElement(root, "COLLECTION", Entries="1")
    known = {"TrackID": "1", "Name": arrangement.name, "TotalTime": f"{arrangement.duration:.0f}", **_place(song)}
    if has_beats(arrangement.grid):
        known["AverageBpm"] = f"{arrangement.grid.bpm:.2f}"
    harmony = arrangement.harmony
    if harmony and harmony.key.confidence > 0:
        known["Tonality"] = harmony.key.camelot
    track = SubElement(collection, "TRACK", known)
    if has_beats(arrangement.grid):
        _add_tempi(track, song)
        for number, (second, bar) in enumerate(_phrases(song)):
            hot = str(number) if number < _HOT_CUES else "-1"
            cue = {"Name": f"Bar {bar}", "Type": "0", "Start": f"{second:.3f}", "Num": hot}
            SubElement(track, "POSITION_MARK", {**cue, **(_COLOUR if number < _HOT_CUES else {})})
    playlists = SubElement(root, "PLAYLISTS")
    node = SubElement(playlists, "NODE", Type="0", Name="ROOT", Count="1")
    listed = SubElement(node, "NODE", Name="sidestick", Type="1", KeyType="0", Entries="1")
    SubElement(listed, "TRACK", Key="1")
    indent(root)
    text: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return text


def _place(song: ExportSong) -> dict[str, str]:
    """Where the sound lies, as an address of this machine."""
    if song.source is None:
        return {}
    path = song.source.absolute().as_posix()
    return {"Location": f"file://localhost{'' if path.startswith('/') else '/'}{quote(path, safe='/:')}"}


def _add_tempi(track: Element, song: ExportSong) -> None:
    """A tempo from each second on, with the meter, and the beat of the bar that this second is."""
    arrangement = song.arrangement
    bars, grid = SongBars(arrangement.grid, arrangement.duration), arrangement.grid
    times = tempo_map(grid, arrangement.duration, "map")
    first = max(0.0, grid.beats[0])
    points = [point for point in times.points if point.second > first + _NEAR]
    before = [point for point in times.points if point.second <= first + _NEAR][-1]
    marked = 0.0
    for second, bpm in ((first, before.bpm), *((point.second, point.bpm) for point in points)):
        if round(bpm, 2) == marked:  # a tempo map rounds to microseconds, the XML to hundredths of a beat a minute
            continue
        marked = round(bpm, 2)
        place, bar = bars.position(second), bars.bar_at(bars.quarters(second))
        beat = str(min(bar.numerator, max(1, round(place.beat))))
        meter = f"{bar.numerator}/{bar.denominator}"
        SubElement(track, "TEMPO", Inizio=f"{second:.3f}", Bpm=f"{bpm:.2f}", Metro=meter, Battito=beat)


def _phrases(song: ExportSong) -> Iterator[tuple[float, int]]:
    """(second, bar) where a cue is useful: every sixteenth bar from bar 1 on."""
    bars = SongBars(song.arrangement.grid, song.arrangement.duration)
    for bar in bars.bars:
        second = bars.seconds(bar.start)
        if bar.number > 0 and bar.number % _BARS == 1 and 0 <= second < song.arrangement.duration:
            yield second, bar.number
