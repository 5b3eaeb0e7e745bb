"""Every code of an error that the daemon raises, for docs/reference.md.

Those of the OSC wire are in bridge/osc/addresses.py, those of remarks in daemon/remarks.py.
"""

from collections.abc import Iterable, Mapping

from daemon.remarks import MEANINGS

REFUSALS: dict[str, str] = {
    "bad_audio": "Python: samples of the wrong shape, type or rate",
    "bad_broker": "no address of a queue",
    "bad_change": "a correction that does not fit; the text says which part of it",
    "bad_list": "a list of songs that cannot be used; the text names the row",
    "bad_manifest": "the manifest is damaged, or no manifest",
    "bad_name": "a file name that no disk here can hold",
    "bad_option": "an option that does not exist, or a value that it cannot have",
    "bad_path": "a path that the system's service cannot have",
    "bad_rate": "a sample rate that is not read",
    "bad_recipe": "a sidestick.toml that cannot be used",
    "bad_request": "the body of the request is not what it should be",
    "bad_store": "no address of a store, or a store that cannot do what is needed",
    "bad_tap": "taps that make no tempo",
    "bad_upload": "a form that cannot be read",
    "bad_url": "an address that is not on the open web, or gave no song",
    "busy": "too many requests, listeners or wrong keys; try again in a moment",
    "cancelled": "somebody cancelled the job",
    "changed": "the song was changed after it was asked for",
    "cut_off": "the upload ended early",
    "damaged": "nothing of the file can be decoded",
    "disk_full": "too little room for the work, or for the upload",
    "empty": "the file has no bytes",
    "folder": "a folder was named where a file is needed",
    "foreign_host": "asked under a name that is not this machine's",
    "foreign_origin": "another page asked",
    "job_active": "the job is still waiting or worked on",
    "job_moved": "the job changed its state in this very moment; look again",
    "job_over": "the job has ended already",
    "method_not_allowed": "this cannot be done with this address",
    "missing": "there is no such file",
    "missing_page": "this sidestick was installed without its page",
    "newer_manifest": "the manifest was written by a newer sidestick",
    "no_audio_track": "the film has no sound",
    "no_channels": "the file says that it has no channels",
    "no_drums": "a .mid without drums to learn from",
    "no_edits": "the .mid holds what is written already",
    "no_export": "an export that this song cannot have; the text says why",
    "no_folder": "the folder for uploads cannot be written",
    "no_helper": "the process that looks at files did not start or ended",
    "no_key": "the key is missing or wrong",
    "no_link": "Ableton Link is not there",
    "no_manifest": "there is no manifest, or it cannot be read",
    "no_model": "there are no weights of that name",
    "no_package": "a package is missing; the text has the line that adds it",
    "no_part": "the separator has no such stem",
    "no_port": "there is no MIDI port",
    "no_result": "there are no notes of the job yet",
    "no_service": "the system's service could not be set up",
    "no_session": "there is no session of the user for the service",
    "no_setup": "it is set up on its own machine only",
    "no_songs": "no song where one was named",
    "no_sound": "the cache does not hold that sound, or not yet",
    "no_sync": "no MIDI clock comes from the DAW",
    "no_url": "yt-dlp is not installed",
    "no_walk": "no pad is asked for",
    "not_a_file": "a pipe or device was named",
    "not_audio": "the file is not audio that can be read",
    "not_finite": "the file holds samples that are no numbers",
    "not_found": "there is nothing at this address",
    "not_midi": "the file is no .mid",
    "not_this_song": "the .mid is not of this song",
    "nothing_to_play": "there are no notes",
    "nothing_to_redo": "there is nothing to redo",
    "nothing_to_undo": "there is nothing to undo",
    "output_folder": "nothing can be written where the results should go",
    "outside": "a link leads out of the drop folder",
    "relative_path": "a path must be absolute",
    "silent": "there is no sound in the file",
    "stale_revision": "the notes were corrected meanwhile",
    "too_big": "more bytes than the limit",
    "too_long": "more minutes than the limit",
    "too_short": "too little sound",
    "unknown_cluster": "there is no such cluster",
    "unknown_hit": "there is no such hit",
    "unknown_job": "there is no such job",
    "unknown_label": "there is no such drum",
    "unknown_note": "there is no such note",
    "unknown_part": "there is no such part in the song",
    "unknown_picture": "there is no such picture",
    "unknown_place": "there is no such place",
    "unknown_run": "there is no such run over a catalogue",
    "unreadable": "the file cannot be opened",
    "wrong_type": "another content type is needed",
}
"""What never becomes work, or not as it was asked for."""

FAILURES: dict[str, str] = {
    "work_failed": "the work could not be done",
    "failed": "the same, of a sort that has no code of its own",
    "stage_failed": "a stage could not do its work; the text names it",
    "out_of_memory": "the same for want of memory",
    "no_weights": "the weights of a network are not here, or damaged",
    "cache_failed": "the cache of finished stages cannot be used, or its disk is full",
    "disk": "a file cannot be read or written",
    "store_failed": "the list of jobs cannot be read or written",
    "object_store": "an object store does not answer, or refuses",
    "broker": "the queue of many machines does not answer, or refuses",
    "worker_died": "the process that did the work was ended",
    "internal": "a fault of sidestick itself; please report it",
}
"""Work that was begun and cannot be done; HTTP answers 503."""


def markdown() -> str:
    """The section on codes of docs/reference.md."""
    return "\n\n".join([
        "What never becomes work:", _table(REFUSALS),
        "Work that was begun and cannot be done; HTTP answers 503:", _table(FAILURES),
        "Remarks on a song that was done all the same:", _table(MEANINGS),
    ])  # fmt: skip


def _table(meanings: Mapping[str, str]) -> str:
    rows: Iterable[tuple[str, str]] = ((f"`{code}`", meaning) for code, meaning in meanings.items())
    return "\n".join(["| code | meaning |", "| --- | --- |", *(f"| {code} | {meaning} |" for code, meaning in rows)])
