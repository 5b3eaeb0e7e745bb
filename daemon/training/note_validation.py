"""Note F of a note transcriber on the validation clips: invented music on instruments that it never heard."""

from pathlib import Path

import numpy as np
import onnxruntime
from mir_eval.transcription import precision_recall_f1_overlap

from daemon.pipeline.pitched.periodicity import hertz
from daemon.pipeline.pitched.polyphonic import LOWEST_KEY, NoteSettings, Posteriors, note_events
from daemon.training.note_dataset import STEPS_PER_UNIT, NoteShard, read_note_shard

SETTINGS = NoteSettings(shortest=0.05, melodia=False)


def evaluate_notes(weights: Path, shards: Path) -> tuple[float, float, float]:
    """Mean precision, recall and F within 50 ms and 50 cents over all clips; no part's own decoding on top."""
    session = onnxruntime.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    rows = []
    for shard in map(read_note_shard, sorted(shards.glob("[!.]*.npz"))):
        for clip, features in enumerate(shard.features):
            feed = {"features": features[None].astype(np.float32) / STEPS_PER_UNIT}
            note, onset, contour = (each[0].astype(np.float16) for each in session.run(None, feed))
            rows.append(score_clip(shard, clip, Posteriors(note, onset, contour)))
    precision, recall, f = np.mean(rows, axis=0).tolist()
    return precision, recall, f


def score_clip(shard: NoteShard, clip: int, heard: Posteriors) -> tuple[float, float, float]:
    truth = shard.notes[shard.notes[:, 0] == clip, 1:]
    found = note_events(heard, SETTINGS)
    if not found or not len(truth):
        return (float(not found),) * 3
    spans = np.array([(event.start, event.stop) for event in found]) / heard.frame_rate
    wanted = np.stack([truth[:, 0], truth[:, 0] + truth[:, 1]], axis=1)
    pitches = np.array([hertz(LOWEST_KEY + event.key) for event in found])
    names = np.array([hertz(pitch) for pitch in truth[:, 2].tolist()])
    scores = precision_recall_f1_overlap(wanted, names, spans, pitches, onset_tolerance=0.05, offset_ratio=None)
    return float(scores[0]), float(scores[1]), float(scores[2])


def print_note_report(weights: Path, work: Path) -> None:
    precision, recall, f = evaluate_notes(weights, work / "notes" / "validate")
    print(f"notes of held-out instruments: precision {precision:.3f} recall {recall:.3f} F {f:.3f}")
