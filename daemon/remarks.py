"""Remarks: what a musician should know about a song that was done all the same. One table of their codes and texts.

A remark travels as its sentence, in the cache and the manifest too. As every sentence is made here, its code can be
told from it again wherever a program wants that.
"""

import re
from functools import cache

TEXTS: dict[str, tuple[str, ...]] = {
    "channels": ("{name} has {count} channels; the first two were used.",),
    "ends_early": ("{name} promises {promised} but ends at {end}; what is there was used.",),
    "undecoded": ("{name} is damaged: {ms} ms of it could not be decoded and are silent.",),
    "cut": ("{name} lacks its end and may have been cut: it ends at {end}, and what is there was used.",),
    "damaged": (
        "{name} is damaged: what follows {time} could not be read in part.",
        "{name} is damaged at {time}: some sound is lost there, and what follows may be early.",
    ),
    "altered": (
        "{name} is not as its encoder wrote it: it was damaged somewhere, or another program changed its level.",
    ),
    "left_out": ("{name} goes on after {time}, where its header ends; what follows was left out.",),
    "time_jump": ("In {name} time jumps at {time}; what follows was put directly behind and may be early.",),
    "untold_delay": (
        "{name} {kind} does not tell its encoder's delay: onsets may come out 20 ms late or more. "
        "WAV and FLAC are exact.",
    ),
    "constant_offset": ("{name} has a constant offset of {percent} % of full scale; it was taken off.",),
    "other_separator": (
        "{wanted} was not used because {cause}; signal processing did it, with more bleed.",
        "There was not enough memory for a separation network; signal processing did it, with more bleed.",
    ),
    "less_memory": (
        "There was little memory, so the song was separated in shorter segments.",
        "The GPU {why}; the song was taken in shorter segments.",
    ),
    "cpu_used": (
        "The GPU {why}; the CPU did the work.",
        "Only {free} GB of GPU memory is free; the CPU did the work.",
    ),
    "no_beat": ("No beat was found; the notes are free. Set one, as with bpm=120.",),
    "other_bpm": ("Read as {bpm} bpm; bpm={other} counts it {way}.",),
    "bars_unsure": (
        "Where the bars of {meter} begin is a guess; downbeat={second} puts one there, the next best place.",
        "Bars of {meter} are a guess; meter={other} counts them otherwise, the next best.",
    ),
    "no_such_part": ("No {part} {verb} found in this song.",),
    "tuning": ("The recording is tuned {cents} cents {way} A = 440 Hz.",),
    "no_stems": ("{name} is a {kind} already, so no {what} came of it.",),
    "no_room": ("The disk had no room for the {what}. Make some and ask again.",),
    "turned_down": ("All {form} files were turned down by {down} dB so that none clips; wav keeps the level.",),
    "name_taken": ("{taken}, so the new one is {name}.",),
    "older_corrections": ("Older corrections still hold for {names}. Undo takes them back.",),
    "no_export": ("There is no {export} file: {reason}",),
    "export_failed": ("The {export} file could not be made ({reason}); all the rest was.",),
    "stand_ins": ("{map} lacks some drums of this song; it plays {pairs}.",),
    "starts_with_bar": (
        "Everything that was written starts with a bar, {seconds} s before the song: "
        "put the song itself at {seconds} s.",
    ),
    "personal_ear": ("Your corrections of earlier songs on this kit were used: {songs} of them.",),
    "tempo_map": ("A tempo map leads the bars of the .mid through the song: let your DAW import it.",),
}  # fmt: skip
MEANINGS: dict[str, str] = {
    "channels": "of more than two channels the first two were used",
    "ends_early": "the file ends before the length that it promises",
    "undecoded": "some of the sound could not be decoded; there is silence in its place",
    "cut": "the file has no end of its format; it may have been cut",
    "damaged": "some of what follows that second could not be read",
    "altered": "the checksum of an MP3 says that its frames were damaged or changed",
    "left_out": "bytes follow the sound which no header of the file names",
    "time_jump": "times in the file jump; what follows may be early",
    "untold_delay": "the encoder's delay is not told, so onsets may be late",
    "constant_offset": "an offset (DC) was taken off",
    "other_separator": "signal processing stood in for the separation network; the text says why",
    "less_memory": "the song was separated in shorter segments, for want of memory",
    "cpu_used": "the CPU did the work instead of the GPU",
    "no_beat": "no beat was found; the notes are free",
    "other_bpm": "another tempo would do as well; the text names it",
    "bars_unsure": "where bars begin is a guess",
    "no_such_part": "a part that was asked for is not in the song",
    "tuning": "a part is tuned above or below A = 440 Hz, by so many cents",
    "no_stems": "stems or a backing track were asked for, of what is a stem already",
    "no_room": "the disk had room for the .mid, not for stems or a backing track",
    "turned_down": "the level of all sound files was lowered so that none clips",
    "name_taken": "another name was used, because a file is not ours or was changed",
    "older_corrections": "corrections of before hold against what was asked for",
    "export_failed": "an export could not be made; all the rest was",
    "no_export": "an export that this song cannot have; the text says why",
    "stand_ins": "the drum map lacks some drums; the text says what plays them",
    "starts_with_bar": "what was written starts before the song, by so many seconds",
    "personal_ear": "your corrections of earlier songs on this kit were used",
    "tempo_map": "the .mid has a tempo map",
}
OTHER = "remark"  # the code of what an older sidestick wrote in other words

_FIELD = re.compile(r"\{(\w+)\}")


def remark(code: str, text: int = 0, /, **values: object) -> str:
    """The sentence: text number `text` of `code` with `values` filled in. Raises KeyError for what is not there."""
    return TEXTS[code][text].format(**values)


def code_of(sentence: str) -> str:
    """The code of a remark."""
    return next((code for code, form in _forms() if form.fullmatch(sentence)), OTHER)


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """What the sentences of each code look like."""
    return tuple((code, _form(text)) for code, texts in TEXTS.items() for text in texts)


def _form(text: str) -> re.Pattern[str]:
    literal = [re.escape(piece) for piece in _FIELD.split(text)[::2]]
    return re.compile("(?s:.*)".join(literal))
