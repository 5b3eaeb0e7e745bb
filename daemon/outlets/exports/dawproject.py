"""A DAWproject for Bitwig, Studio One and Cubase: project.xml, metadata.xml and the sounds in a ZIP.

https://github.com/bitwig/dawproject; its schema lies with the tests. Notes are in beats on the song's own tempo map,
sounds in seconds and never stretched. The format has no chord track: chords are markers.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bridge.notes import Clip, ClipNote, Track
from bridge.timebase import PPQ, Seconds, TempoMap
from daemon import __version__
from daemon.outlets.exports.archive import to_zip
from daemon.outlets.exports.project import Colour, ProjectSound, colour_of, project_clip, project_sounds
from daemon.outlets.exports.song import ExportSong

_ENOUGH = 256 << 20  # bytes of sound that go into the ZIP; what is beyond stays beside it
_TEMPO, _METER, _MASTER = "tempo", "meter", "master"


def to_bytes(song: ExportSong) -> bytes:
    sounds = project_sounds(song)
    packed = _pack(sounds)
    files: dict[str, bytes | Path] = {
        "project.xml": _to_text(_project(song, sounds, packed)),
        "metadata.xml": _to_text(_metadata(song)),
        **{place: sound.file for sound in sounds if (place := packed.get(sound.path))},
    }
    return to_zip(files)


def _pack(sounds: Sequence[ProjectSound]) -> dict[str, str]:
    """Where in the ZIP the sounds lie, by the path that they have on the disk: the stems first, as many as fit."""
    found, room = {}, _ENOUGH
    for sound in sorted(sounds, key=lambda sound: sound.muted):
        size = sound.file.stat().st_size
        if size <= room:
            found[sound.path] = f"audio/{sound.name}{sound.file.suffix.lower()}"
            room -= size
    return found


def _to_text(root: Element) -> bytes:
    indent(root)
    text: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return text


def _metadata(song: ExportSong) -> Element:
    root = Element("MetaData")
    SubElement(root, "Title").text = song.arrangement.name
    SubElement(root, "Comment").text = "Made by sidestick."
    return root


def _project(song: ExportSong, sounds: Sequence[ProjectSound], packed: dict[str, str]) -> Element:
    clip = project_clip(song)
    first, meter = clip.tempo_map.points[0], clip.tempo_map.meters[0]
    root = Element("Project", version="1.0")
    SubElement(root, "Application", name="sidestick", version=__version__)
    transport = SubElement(root, "Transport")
    tempo = {"unit": "bpm", "min": "20", "max": "666", "value": _number(first.bpm)}
    SubElement(transport, "Tempo", tempo, id=_TEMPO, name="Tempo")
    signature = {"numerator": str(meter.numerator), "denominator": str(meter.denominator)}
    SubElement(transport, "TimeSignature", signature, id=_METER, name="Time signature")
    structure = SubElement(root, "Structure")
    for index, sound in enumerate(sounds):
        _add_track(structure, f"sound{index}", sound.name, sound.colour, "audio", sound.muted)
    for index, track in enumerate(clip.tracks):
        _add_track(structure, f"notes{index}", track.name, colour_of(track.name), "notes")
    _add_track(structure, _MASTER, "Master", colour_of("song"), "audio notes", role="master")
    arrangement = SubElement(root, "Arrangement", id="arrangement")
    lanes = SubElement(arrangement, "Lanes", timeUnit="beats", id="lanes")
    for index, sound in enumerate(sounds):
        _add_sound(lanes, f"sound{index}", sound, song.arrangement.duration, packed)
    for index, track in enumerate(clip.tracks):
        _add_notes(lanes, f"notes{index}", track, clip, song.arrangement.duration)
    _add_markers(arrangement, clip)
    _add_tempo(arrangement, clip.tempo_map)
    return root


def _add_track(
    structure: Element,
    name: str,
    title: str,
    colour: Colour,
    content: str,
    muted: bool = False,
    *,
    role: str = "regular",
) -> None:
    track = SubElement(
        structure, "Track", contentType=content, loaded="true", id=name, name=title, color=_colour(colour)
    )
    to = {} if role == "master" else {"destination": f"{_MASTER}.channel"}
    channel = SubElement(
        track, "Channel", {"audioChannels": "2", "role": role, "solo": "false", **to}, id=f"{name}.channel"
    )
    SubElement(channel, "Mute", value=str(muted).lower(), id=f"{name}.mute", name="Mute")
    pan = {"unit": "normalized", "min": "0", "max": "1", "value": "0.5"}
    SubElement(channel, "Pan", pan, id=f"{name}.pan", name="Pan")
    volume = {"unit": "linear", "min": "0", "max": "2", "value": "1"}
    SubElement(channel, "Volume", volume, id=f"{name}.volume", name="Volume")


def _add_sound(lanes: Element, name: str, sound: ProjectSound, length: float, packed: dict[str, str]) -> None:
    channels, rate, duration = _format(sound.file, length + sound.skip)
    lane = SubElement(lanes, "Lanes", timeUnit="seconds", track=name, id=f"{name}.lanes")
    clips = SubElement(lane, "Clips", id=f"{name}.clips")
    times = {"time": "0", "duration": _number(length), "playStart": _number(sound.skip)}
    clip = SubElement(clips, "Clip", times, contentTimeUnit="seconds", name=sound.name, color=_colour(sound.colour))
    form = {"channels": str(channels), "sampleRate": str(rate), "duration": _number(duration)}
    audio = SubElement(clip, "Audio", form, algorithm="raw", timeUnit="seconds", id=f"{name}.audio")
    inside = packed.get(sound.path)
    SubElement(audio, "File", {"path": inside} if inside else {"path": sound.path, "external": "true"})


def _format(file: Path, length: float) -> tuple[int, int, float]:
    """Channels, rate and seconds of a sound; the usual ones where only the DAW can open it."""
    import soundfile

    try:
        found = soundfile.info(file)
    except soundfile.LibsndfileError:
        return 2, 44100, length
    return found.channels, found.samplerate, found.duration


def _add_notes(lanes: Element, name: str, track: Track, clip: Clip, length: Seconds) -> None:
    lane = SubElement(lanes, "Lanes", track=name, id=f"{name}.lanes")
    clips = SubElement(lane, "Clips", id=f"{name}.clips")
    times = {"time": "0", "duration": _number(clip.tempo_map.beats(length)), "playStart": "0"}
    item = SubElement(clips, "Clip", times, name=track.name, color=_colour(colour_of(track.name)))
    notes = SubElement(item, "Notes", id=f"{name}.notes")
    for note in track.notes:
        _add_note(notes, note, track.channel, clip.tempo_map)


def _add_note(notes: Element, note: ClipNote, channel: int, times: TempoMap) -> None:
    """Velocity is 0 to 1 in the format; bends are points of the note, in beats from its start."""
    start = max(0.0, times.beats(note.onset))
    end = times.beats(Seconds(note.onset + note.duration))
    place = {"time": _number(start), "duration": _number(max(1 / PPQ, end - start)), "channel": str(channel)}
    found = SubElement(notes, "Note", place, key=str(note.pitch), vel=_number(note.velocity / 127), rel="0")
    if note.bends:
        points = SubElement(found, "Points", unit="semitones")
        SubElement(points, "Target", expression="transpose")
        for bend in note.bends:
            at = _number(max(0.0, times.beats(bend.time) - start))
            SubElement(points, "RealPoint", time=at, value=_number(bend.semitones), interpolation="linear")


def _add_markers(arrangement: Element, clip: Clip) -> None:
    if not clip.markers:
        return
    markers = SubElement(arrangement, "Markers", timeUnit="beats", id="markers")
    for marker in clip.markers:
        SubElement(
            markers, "Marker", time=_number(max(0.0, clip.tempo_map.beats(marker.time))), name=marker.text,
            color=_colour(colour_of("chords")),
        )  # fmt: skip


def _add_tempo(arrangement: Element, times: TempoMap) -> None:
    tempo = SubElement(arrangement, "TempoAutomation", unit="bpm", timeUnit="beats", id="tempo.points")
    SubElement(tempo, "Target", parameter=_TEMPO)
    for point in times.points:
        at = _number(point.tick / PPQ)
        SubElement(tempo, "RealPoint", time=at, value=_number(point.bpm), interpolation="hold")
    meters = SubElement(arrangement, "TimeSignatureAutomation", timeUnit="beats", id="meter.points")
    SubElement(meters, "Target", parameter=_METER)
    for time, numerator, denominator in _meters(times):
        SubElement(meters, "TimeSignaturePoint", time=time, numerator=numerator, denominator=denominator)


def _meters(times: TempoMap) -> Iterator[tuple[str, str, str]]:
    return ((_number(meter.tick / PPQ), str(meter.numerator), str(meter.denominator)) for meter in times.meters)


def _colour(colour: Colour) -> str:
    return f"#{colour[0]:02x}{colour[1]:02x}{colour[2]:02x}"


def _number(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")
