"""What requests and answers look like, for /docs. A test reads each of them as what it is an example of."""

from typing import Any

from daemon import __version__

_LINKS = {"self": "/api/jobs/a1b2c3d4e5f6", "notes": "/api/jobs/a1b2c3d4e5f6/notes"}
_STAGE = {"name": "separate", "title": "Take apart", "doing": "Taking the song apart", "made": "Its stems"}
_JOB: dict[str, Any] = {
    "id": "a1b2c3d4e5f6", "name": "Song.wav", "path": "/home/me/Music/sidestick/Song/Song.wav", "state": "running",
    "stage": "separate", "doing": "Taking the song apart", "stages": [{**_STAGE, "steps": ["separate"]}],
    "fraction": 0.42, "eta_s": 21.0, "download": None, "code": "", "reason": "",
    "remarks": [{"code": "channels", "text": "Song.wav has 8 channels; the first two were used."}],
    "created": 1790000000.0, "finished": None, "revision": 0, "draft": True,
    "bpm": 140.0, "networks": {"listen": "drum_transcriber"},
    "manifest": "/home/me/Music/sidestick/Song/Song.sidestick.json",
    "midi": "/home/me/Music/sidestick/Song/Song.drums.mid", "options": {"input": "mix", "parts": ["drums"]},
    "links": _LINKS,
}  # fmt: skip
_CLUSTER = {
    "id": 2, "drum": "snare", "label": "snare", "confidence": 0.93, "count": 43, "velocity": 104.2, "typical": 17,
    "time": 2.613,
}  # fmt: skip
_HIT_COLUMNS = ["id", "onset", "time", "drum", "label", "pitch", "velocity", "level", "confidence", "cluster"]
_NOTE_COLUMNS = ["id", "onset", "time", "duration", "pitch", "velocity", "confidence"]
_GRID = {
    "beats": [0.043, 0.471, 0.9, 1.328], "downbeats": [0], "bpm": 140.0, "numerator": 4, "denominator": 4,
    "confidence": 0.9,
}  # fmt: skip
_UNDO_STATE = {"can_undo": True, "can_redo": False}

_DRUM_MAP = {
    "name": "gm", "title": "General MIDI", "own": False, "notes": {"kick": 36, "snare": 38},
    "stand_ins": {"rimshot": "snare"},
}  # fmt: skip
EXAMPLES: dict[str, dict[str, Any]] = {
    "SettingsView": {
        "file": "/home/me/.config/sidestick/config.toml", "restart": True,
        "settings": [{
            "name": "daemon.midi_port", "group": "MIDI", "title": "MIDI port", "kind": "text",
            "help": "The name under which DAWs see sidestick.", "value": "drums", "default": "sidestick",
            "choices": [], "locked": "", "pending": True,
        }],
    },
    "EarView": {"on": True, "songs": [{"name": "Demo.wav", "examples": {"snare": 212}, "corrected": {"snare": 9}}]},
    "SettingsChange": {"changes": {"daemon.midi_port": "drums"}},
    "NetworkView": {
        "step": "separate", "network": "htdemucs", "layers": ["tencoder.0", "encoder.0", "decoder.0", "tdecoder.0"],
        "working": [{"start": 309582, "end": 653562, "layer": "encoder.0"}], "finished": 1, "count": 5,
        "separation": {
            "parts": ["drums"], "bands": 48, "columns": 600, "column_seconds": 0.3, "frames": 7938000, "first": 24,
            "levels": "AAEC",
        },
    },
    "JobView": _JOB,
    "BatchView": {
        "jobs": [_JOB],
        "refused": [{"name": "notes.txt", "code": "not_audio", "text": "notes.txt is not audio that can be read."}],
    },
    "JobsView": {"jobs": [_JOB], "next": None},
    "NewJobBody": {"path": "/home/me/Music/Song.wav", "options": {"separator": "htdemucs", "grid": {"step": "1/16"}}},
    "RerunBody": {"from": "kit", "options": {"kit": "embedded"}},
    "CorrectionBody": {"revision": 0, "changes": {"clusters": {"2": "snare"}, "delete_hits": [40]}},
    "SettingsBody": {"revision": 1, "options": {"grid": {"step": "1/16", "swing": 0.58}, "drum_map": "ableton"}},
    "RevisionBody": {"revision": 1},
    "PushBody": {"when": "transport", "loop": True, "channel": 10, "parts": ["drums"]},
    "AuditionBody": {"cluster": 2, "learn": True},
    "TapBody": {"seconds": 2.613},
    "PushedView": {"notes": 280},
    "PadBody": {"pitch": 38, "velocity": 100},
    "WalkBody": {"labels": ["kick", "snare"]},
    "WalkView": {
        "current": "snare", "notes": {"kick": 36}, "problem": "", "heard": "Pads are heard from TD-17 (ALSA).",
    },
    "DrumMapBody": {"notes": {"kick": 36, "snare": 38}},
    "DrumMapView": _DRUM_MAP,
    "DrumMapsView": {"drum_maps": [_DRUM_MAP]},
    "JobFilesView": {"kept": ["/music/Song.wav", "/music/Song.drums.mid"], "removable": []},
    "TappedView": {"taps": 4, "bpm": 139.8, "revision": 2},
    "EmptyView": {},
    "NotesView": {
        "revision": 1, "duration": 32.0, "grid": _GRID, "options": {"grid": {"step": "1/16"}}, **_UNDO_STATE,
        "hits": {"columns": _HIT_COLUMNS, "rows": [[17, 2.613, 2.614, "snare", "snare", 38, 104, -9.5, 0.93, 2]]},
        "clusters": [_CLUSTER],
        "parts": {"bass": {"columns": _NOTE_COLUMNS, "rows": [[0, 0.012, 0.043, 0.198, 35, 96, 0.8]]}},
        "key": "B minor", "chords": [{"start": 0.0, "end": 1.71, "name": "Bm"}],
        "sections": [{"start": 0.43, "end": 14.14, "label": "A"}, {"start": 14.14, "end": 31.28, "label": "B"}],
    },
    "ClustersView": {"revision": 1, "clusters": [_CLUSTER]},
    "RevisionsView": {
        "head": 1, "revisions": [{"number": 1, "parent": 0, "changes": {"clusters": {"2": "snare"}}}], **_UNDO_STATE,
    },
    "ExportsView": {
        "exports": [
            {
                "name": "csv", "ending": "hits.csv", "caption": "every hit and note, as a table",
                "media_type": "text/csv", "objection": "",
            },
        ]
    },
    "StemsView": {"stems": ["mix", "drums", "backing", "kick", "snare", "toms", "hihat", "cymbals"]},
    "WaveformView": {"start": 0.0, "end": 1.0, "min": [-0.21, -0.64], "max": [0.3, 0.58]},
    "HealthView": {
        "name": "sidestick", "version": __version__, "protocol": 1, "pid": 4711, "device": "cpu",
        "midi_port": "MIDI leaves through sidestick:out (JACK).", "midi_open": True, "uptime_s": 3600.0,
    },
    "OptionsView": {
        "defaults": {"input": "mix"}, "schema": {"properties": {"bpm": {"minimum": 20}}},
        "drum_maps": ["gm", "ableton"],
        "labels": [{"name": "closed_hihat", "title": "Closed Hi-Hat", "drum": "hihat"}], "parts": ["drums", "bass"],
        "separators": ["auto", "embedded", "htdemucs"],
        "stages": [_STAGE],
        "add_url": "",
    },
    "ResultView": {
        "job": {**_JOB, "state": "done", "fraction": 1.0, "draft": False}, "bpm": 140.0, "meter": "4/4",
        "duration": 32.0, "key": "B minor", "hits": {"kick": 64, "snare": 32, "closed_hihat": 128}, "notes": {},
        "midi": {"drums": "TVRoZAAAAAYAAQACA8A=", "song": "TVRoZAAAAAYAAQACA8A="},
        "stems": {"drums": "/api/jobs/a1b2c3d4e5f6/stems/drums"}, "models": {"separate": "htdemucs"},
    },
    "ModelsView": {
        "folder": "/home/me/.local/share/sidestick/models", "offline": False,
        "models": [{
            "name": "htdemucs", "state": "not fetched", "here": None, "problem": "", "megabytes": 84,
            "licence": "Demucs is MIT; its weights are for personal and research use.", "note": "The default.",
            "memory_gb": 1.3, "minutes": 0.8, "recommended": True, "own": False, "fetched_bytes": None,
        }],
        "next_fetch": "htdemucs",
    },
    "SetupView": {
        "is_new": True, "drop": [], "default_drop": "/home/me/Music/sidestick drop", "daw": "",
        "daws": [{"name": "live", "title": "Ableton Live", "next_step": "Drag the device into Live."}],
        "at_log_on": False, "remark": "",
    },
    "SetupBody": {"drop": "/home/me/Music/sidestick drop", "daw": "live", "at_log_on": True},
    "LogView": {"lines": [{"time": "2026-11-21 16:25:26", "text": "Song.wav: separating the stems, about 21 s left"}]},
}  # fmt: skip
