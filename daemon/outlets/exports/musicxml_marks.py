"""What stands beside the notes in MusicXML: clefs, meters, tempo, swing, chords."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement

from daemon.pipeline.pitched.harmony import NONE, Harmony
from daemon.score.bars import Bar, SongBars
from daemon.score.notation import QUARTER
from daemon.score.pitched_notation import Clef
from daemon.score.swing import Swing

_OTHER_TEMPO = 0.05  # of the tempo: a bar that is played so much faster or slower gets a mark of its own
_KINDS = {"": "major", "m": "minor", "7": "dominant"}
_ALTERS = {"#": 1, "b": -1}


def add_attributes(
    measure: Element, bar: Bar, before: tuple[int, int], clefs: Sequence[Clef], fifths: int | None
) -> tuple[int, int]:
    """Divisions, key and clefs in the first bar (`before` is (0, 0)), the meter wherever it changes. Gives the meter.

    `fifths` None is a part without a key.
    """
    now, first = (bar.numerator, bar.denominator), before == (0, 0)
    if now == before:
        return now
    attributes = SubElement(measure, "attributes")
    if first:
        SubElement(attributes, "divisions").text = str(QUARTER)
        if fifths is not None:
            SubElement(SubElement(attributes, "key"), "fifths").text = str(fifths)
    time = SubElement(attributes, "time")
    SubElement(time, "beats").text = str(now[0])
    SubElement(time, "beat-type").text = str(now[1])
    if first:
        if len(clefs) > 1:
            SubElement(attributes, "staves").text = str(len(clefs))
        for number, clef in enumerate(clefs, 1):
            _add_clef(attributes, clef, {"number": str(number)} if len(clefs) > 1 else {})
    return now


def _add_clef(attributes: Element, clef: Clef, number: dict[str, str]) -> None:
    found = SubElement(attributes, "clef", number)
    SubElement(found, "sign").text = clef.sign
    if clef.line:
        SubElement(found, "line").text = str(clef.line)
    if clef.octave:
        SubElement(found, "clef-octave-change").text = str(clef.octave)


def tempo_marks(bars: Sequence[Bar], song_bars: SongBars, beat: float) -> dict[int, str]:
    """`type dots bpm` by bar: of the first one, and of each whose tempo is another."""
    unit, length = ("quarter .", 1.5) if beat in (1.5, 3.0) else ("quarter", 1.0)
    found: dict[int, str] = {}
    marked = 0.0
    for index, bar in enumerate(bars):
        bpm = 60 * bar.quarters / length / (song_bars.seconds(bar.end) - song_bars.seconds(bar.start))
        if not marked or abs(bpm / marked - 1) > _OTHER_TEMPO:
            found[index], marked = f"{unit} {bpm:.0f}", bpm
    return found


def tempo_mark(mark: str) -> Element:
    unit, *dot, bpm = mark.split()
    direction = Element("direction", placement="above")
    metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
    SubElement(metronome, "beat-unit").text = unit
    if dot:
        SubElement(metronome, "beat-unit-dot")
    SubElement(metronome, "per-minute").text = bpm
    SubElement(direction, "sound", tempo=str(round(float(bpm) * (1.5 if dot else 1))))
    return direction


def swing_mark(swing: Swing) -> Element:
    """How the pairs are played: MusicXML has small whole numbers for it."""
    direction = Element("direction", placement="above")
    SubElement(SubElement(direction, "direction-type"), "words").text = "Swing" if swing.pair == 1 else "Swing 16ths"
    played = SubElement(SubElement(direction, "sound"), "swing")
    first = round(10 * swing.ratio)
    SubElement(played, "first").text = str(first)
    SubElement(played, "second").text = str(10 - first)
    SubElement(played, "swing-type").text = "eighth" if swing.pair == 1 else "16th"
    return direction


def chord_marks(harmony: Harmony | None, bars: Sequence[Bar], song_bars: SongBars) -> Iterator[tuple[int, Element]]:
    """(index of the bar, chord symbol), in the order of the song."""
    for chord in harmony.chords if harmony else ():
        quarters = song_bars.quarters(chord.onset)
        index = next((i for i, bar in enumerate(bars) if bar.start - 0.05 <= quarters < bar.end - 0.05), None)
        if chord.name != NONE and index is not None:
            yield index, _chord_mark(chord.name, max(0, round(quarters - bars[index].start)))


def _chord_mark(name: str, beat: int) -> Element:
    """A chord of daemon/pipeline/pitched/harmony.py: a root and one of its qualities."""
    harmony = Element("harmony")
    alter = _ALTERS.get(name[1:2], 0)
    root = SubElement(harmony, "root")
    SubElement(root, "root-step").text = name[0]
    if alter:
        SubElement(root, "root-alter").text = str(alter)
    quality = name[2 if alter else 1 :]
    SubElement(harmony, "kind", text=quality).text = _KINDS.get(quality, "other")
    if beat:
        SubElement(harmony, "offset").text = str(beat * QUARTER)
    return harmony
