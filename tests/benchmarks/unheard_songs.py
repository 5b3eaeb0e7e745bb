"""Four sets of songs for an exam of the beat tracker: it was mended on the first two, the others only examine it.

Grooves, tempi, players and forms are others in each set, and none of them those of tests/songs_with_beats.py. The band
of the first two changes its chord at every bar line, that of the others as songs do. The fourth is mostly jazz.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.grooves import EVERY
from tests.songs_with_beats import Player, Section, Song, play_song

TIGHT, LOOSE, SLOPPY = Player(0.002, 0.0, 0.0), Player(0.006, 0.0, 0.0), Player(0.010, 0.0, 0.0)
SECONDS = 90  # of a song of one groove
FIRST_TEMPI = {
    "ballad": 67.83, "bossa": 136.4, "one drop": 76.3, "disco": 119.27, "motown": 127.9, "train": 113.4,
    "drum and bass": 173.6, "trap": 138.8, "d-beat": 184.7, "skank": 98.4, "fast rock": 195.3, "gallop": 164.2,
    "gravity": 219.6, "jazz": 187.3, "texas": 101.7, "half-time shuffle": 94.6, "half-time rock": 146.7,
    "jazz waltz": 163.2, "slow three": 70.9, "country waltz": 112.4, "take five": 171.7, "rock five": 106.3,
    "slow rock": 49.3, "jig": 103.7, "blues twelve": 63.9, "fast seven": 318.6, "seven, three and four": 241.7,
    "polka": 121.6, "samba": 103.3, "toms": 108.8, "funk": 101.2, "garage": 132.6,
}  # fmt: skip
SECOND_TEMPI = {
    "soul": 103.9, "new wave": 147.3, "rumba": 98.7, "steppers": 138.6, "house": 123.7, "stomp": 88.4,
    "two step": 116.2, "jungle": 167.4, "boom bap": 86.9, "drill": 142.3, "hardcore": 177.8, "thrash": 106.8,
    "speed": 203.7, "trem": 212.4, "hammer": 109.7, "bebop": 214.6, "boogie": 146.9, "lazy half": 78.2,
    "breakdown": 131.3, "viennese": 178.4, "metal three": 139.7, "soul three": 82.6, "odd five": 122.8,
    "five on the floor": 126.7, "rock six": 62.4, "celtic": 116.3, "gospel": 71.4, "pop seven": 223.4,
    "balkan": 287.6, "quick march": 117.2, "baiao": 96.7, "tribal": 99.4,
}  # fmt: skip
THIRD_TEMPI = {
    "surf": 168.2, "dembow": 94.3, "hambone": 109.6, "second line": 97.9, "afrobeat": 112.8, "rockers": 143.6,
    "cumbia": 91.7, "pop": 105.4, "big beat": 122.9, "nu metal": 98.6, "amen": 161.8, "linear": 103.1,
    "ride rock": 137.9, "trance": 139.3, "techno": 132.1, "bomb blast": 201.7, "double kick, half time": 158.3,
    "skate punk": 206.4, "ska": 141.7, "shuffle rock": 126.1, "brushes": 118.9, "mazurka": 147.8, "rock waltz": 91.2,
    "brush waltz": 96.4, "five ride": 133.7, "five, half time": 114.6, "power six": 58.9, "pop six": 67.6,
    "bembe": 108.2, "doo-wop": 69.3, "lazy seven": 237.8, "clap seven": 264.1, "galop": 126.7, "choro": 82.9,
    "marcha": 124.4,
}  # fmt: skip
FOURTH_TEMPI = {
    "modal": 143.7, "fast swing": 238.4, "riding four": 176.9, "cross-stick swing": 126.3, "swung three": 157.6,
    "swung five": 163.1, "swung six": 151.3, "new jack": 104.7, "train shuffle": 192.3, "mambo": 97.3, "dixie": 201.1,
    "stop and go": 118.1, "power ballad": 73.6, "electro": 127.4,
}  # fmt: skip
CHORDS = ("bar", "two bars", "half bar", "early", "bar", "riff")  # of the third set, in turn


def first_set() -> Iterator[Song]:
    """32 of one groove, and 16 of several parts."""
    yield from _plain(FIRST_TEMPI, 100)
    yield _song("100 then 151", "change", _parts(("soul", 100.0, 14), ("fast rock", 151.0, 26)), 140)
    yield _song("131.7 then 88", "change", _parts(("disco", 131.7, 24), ("ballad", 88.0, 14)), 141)
    yield _song("120 then 124", "change", _parts(("motown", 120.0, 24), ("motown", 124.0, 24)), 142)
    yield _song("two songs", "change", [Section("one drop", 18, 81.3, rest=6.1), Section("d-beat", 44, 189.0)], 143)
    for seed, (groove, bpm, breath) in enumerate(
        (("ballad", 71, 0.004), ("motown", 118, 0.005), ("jazz", 164, 0.004), ("country waltz", 104, 0.005))
    ):
        yield _song(f"breathing {groove}", "player", _long(groove, bpm, breath), 144 + seed, LOOSE)
    yield _song("faster", "player", [Section("fast rock", 60, 128, 146)], 148, LOOSE)
    short = [*_parts(("funk", 97.4, 12)), Section("funk/2", 1, 97.4, crash=0), *_parts(("funk", 97.4, 20))]
    yield _song("one 2/4 bar", "short bars", short, 149)
    short = [*_parts(("disco", 111.9, 16)), Section("disco/3", 1, 111.9, crash=0), *_parts(("disco", 111.9, 22))]
    yield _song("one 3/4 bar", "short bars", short, 150)
    change = _parts(("ballad", 92.6, 12), ("slow three", 92.6, 16), ("ballad", 92.6, 12))
    yield _song("4/4, 3/4, 4/4", "meter changes", change, 151)
    feel = _parts(("motown", 134.2, 16), ("half-time rock", 134.2, 12), ("motown", 134.2, 12))
    yield _song("half-time chorus", "constant", feel, 152)
    bridge = [*_parts(("disco", 117.3, 16)), Section("disco", 24, 117.3, drums=False), *_parts(("disco", 117.3, 12))]
    yield _song("bridge of 49 s", "constant", bridge, 153)
    quiet = [Section("ballad", 8, 84.3, drums=False), *_parts(("ballad", 84.3, 24))]
    yield _song("intro without drums", "constant", quiet, 154)
    silent = [Section("garage", 20, 127.7, rest=40 * 60 / 127.7 + 20 * 60 / 127.7), *_parts(("garage", 127.7, 16))]
    yield _song("28 s silence", "silence", silent, 155)
    yield _song("pickup", "constant", _parts(("fast rock", 122.2, 40)), 156, pickup=2.0)


def second_set() -> Iterator[Song]:
    """32 of one groove, and 16 of several parts."""
    yield from _plain(SECOND_TEMPI, 200)
    yield _song("82 then 123", "change", _parts(("boom bap", 82.0, 12), ("house", 123.0, 26)), 240)
    yield _song("160 then 117.5", "change", _parts(("new wave", 160.0, 28), ("two step", 117.5, 20)), 241)
    yield _song("104 then 107", "change", _parts(("soul", 104.0, 20), ("soul", 107.0, 20)), 242)
    yield _song("two songs", "change", [Section("viennese", 34, 172.0, rest=5.3), Section("boom bap", 20, 91.0)], 243)
    for seed, (groove, bpm, breath) in enumerate(
        (("soul", 96, 0.004), ("new wave", 142, 0.005), ("boogie", 133, 0.004), ("celtic", 104, 0.005))
    ):
        yield _song(f"breathing {groove}", "player", _long(groove, bpm, breath), 244 + seed, LOOSE)
    yield _song("slower", "player", [Section("soul", 44, 118, 104)], 248, LOOSE)
    short = [*_parts(("soul", 107.8, 14)), Section("soul/2", 1, 107.8, crash=0), *_parts(("soul", 107.8, 20))]
    yield _song("one 2/4 bar", "short bars", short, 249)
    short = [*_parts(("house", 124.6, 22)), Section("house/3", 1, 124.6, crash=0), *_parts(("house", 124.6, 18))]
    yield _song("one 3/4 bar", "short bars", short, 250)
    change = _parts(("new wave", 138.2, 20), ("odd five", 138.2, 16), ("new wave", 138.2, 12))
    yield _song("4/4, 5/4, 4/4", "meter changes", change, 251)
    feel = _parts(("soul", 126.6, 16), ("lazy half", 126.6, 12), ("soul", 126.6, 12))
    yield _song("half-time chorus", "constant", feel, 252)
    bridge = [*_parts(("boom bap", 93.3, 14)), Section("boom bap", 24, 93.3, drums=False)]
    yield _song("bridge of 62 s", "constant", [*bridge, *_parts(("boom bap", 93.3, 10))], 253)
    quiet = [Section("house", 12, 121.4, drums=False), *_parts(("house", 121.4, 32))]
    yield _song("intro without drums", "constant", quiet, 254)
    silent = [Section("soul", 18, 113.6, rest=52 * 60 / 113.6), *_parts(("soul", 113.6, 14))]
    yield _song("27 s silence", "silence", silent, 255)
    yield _song("pickup", "constant", _parts(("new wave", 131.9, 42)), 256, pickup=2.5)


def third_set() -> Iterator[Song]:
    """35 of one groove, and 12 of several parts."""
    for i, song in enumerate(_third_songs()):
        yield replace(song, chords=CHORDS[i % len(CHORDS)])


def _third_songs() -> Iterator[Song]:
    yield from _plain(THIRD_TEMPI, 300)
    yield _song("96 then 139", "change", _parts(("pop", 96.0, 14), ("trance", 139.0, 26)), 340)
    yield _song("128 then 131", "change", _parts(("ska", 128.0, 26), ("ska", 131.0, 22)), 341)
    yield _song("two songs", "change", [Section("doo-wop", 22, 72.0, rest=4.4), Section("surf", 40, 164.0)], 342)
    for seed, (groove, bpm, breath) in enumerate(
        (("pop", 101, 0.004), ("shuffle rock", 121, 0.005), ("mazurka", 138, 0.004))
    ):
        yield _song(f"breathing {groove}", "player", _long(groove, bpm, breath), 343 + seed, LOOSE)
    yield _song("faster", "player", [Section("ride rock", 46, 126, 141)], 346, LOOSE)
    short = [
        *_parts(("ride rock", 128.3, 18)),
        Section("ride rock/2", 1, 128.3, crash=0),
        *_parts(("ride rock", 128.3, 22)),
    ]
    yield _song("one 2/4 bar", "short bars", short, 347)
    change = _parts(("pop", 119.2, 14), ("rock waltz", 119.2, 20), ("pop", 119.2, 14))
    yield _song("4/4, 3/4, 4/4", "meter changes", change, 348)
    feel = _parts(("ska", 152.4, 20), ("double kick, half time", 152.4, 14), ("ska", 152.4, 16))
    yield _song("half-time chorus", "constant", feel, 349)
    bridge = [*_parts(("cumbia", 99.7, 16)), Section("cumbia", 26, 99.7, drums=False), *_parts(("cumbia", 99.7, 12))]
    yield _song("bridge of 63 s", "constant", bridge, 350)
    yield _song("pickup", "constant", _parts(("pop", 116.3, 38)), 351, pickup=1.0)


def fourth_set() -> Iterator[Song]:
    """14 of one groove, and 8 whose players or tempi move."""
    for i, song in enumerate(_fourth_songs()):
        yield replace(song, chords=CHORDS[i % len(CHORDS)])


def _fourth_songs() -> Iterator[Song]:
    yield from _plain(FOURTH_TEMPI, 400)
    for seed, (groove, bpm, breath) in enumerate(
        (("modal", 147, 0.002), ("riding four", 168, 0.003), ("swung three", 152, 0.002), ("power ballad", 77, 0.002),
         ("electro", 121, 0.002))
    ):  # fmt: skip
        yield _song(f"breathing {groove}", "player", _long(groove, bpm, breath), 440 + seed, LOOSE)
    yield _song("slower swing", "player", [Section("riding four", 58, 171, 164)], 445, LOOSE)
    yield _song("142 then 171", "change", _parts(("modal", 142.0, 26), ("riding four", 171.0, 30)), 446)
    yield _song("119 then 121", "change", _parts(("electro", 119.0, 24), ("electro", 121.0, 24)), 447)


def _plain(tempi: dict[str, float], seed: int) -> Iterator[Song]:
    for i, (groove, bpm) in enumerate(tempi.items()):
        yield _song(f"{groove} {bpm}", "constant", _long(groove, bpm), seed + i, (TIGHT, LOOSE, SLOPPY)[i % 3])


def _long(groove: str, bpm: float, breath: float = 0.0) -> list[Section]:
    beats = EVERY[groove].split(";")[0].count("|") + 1
    return [Section(groove, int(SECONDS * bpm / 60 / beats), bpm, breath=breath)]


def _parts(*parts: tuple[str, float, int]) -> list[Section]:
    return [Section(groove, bars, bpm) for groove, bpm, bars in parts]


def _song(
    name: str, kind: str, sections: Sequence[Section], seed: int, player: Player = TIGHT, pickup: float = 0.0
) -> Song:
    return play_song(name, kind, sections, start=0.25 + 0.31 * (seed % 10), seed=seed, player=player, pickup=pickup)
