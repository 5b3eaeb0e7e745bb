"""Answers that are too long for the wire: a JSON file in the state folder, whose path is sent instead."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from daemon.inlets.letters import sweep
from daemon.jobs.job import Job
from daemon.jobs.worker import Told
from daemon.outlets.manifest import Manifest
from daemon.outlets.whole import write_whole
from daemon.pipeline.edits import effective

KEPT = 3600.0  # seconds that a listing lies there to be read


class Listings:
    """`clock` gives the time of day in seconds, as files have it."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    def write(self, kind: str, asked_by: str, rows: object) -> Path:
        """One file for each question, so that nobody reads another's answer. Raises StageFailed."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(self._folder, self._clock() - KEPT)
        path = self._folder / f"{kind}-{hashlib.sha256(asked_by.encode()).hexdigest()[:16]}.json"
        write_whole(path, (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode())
        return path


def job_rows(jobs: list[Job], running: Mapping[str, Told]) -> list[dict[str, Any]]:
    """Each job as plain values; `eta` in seconds, None while unknown."""
    return [_job_row(job, running.get(job.id)) for job in jobs]


def cluster_rows(manifest: Manifest) -> list[dict[str, Any]]:
    """The clusters as they are after all corrections, with their hits; times in seconds."""
    now = effective(manifest.heard(), manifest.history, manifest.options)
    hits: dict[int, list[dict[str, Any]]] = {cluster.id: [] for cluster in now.clusters}
    for hit in now.hits:
        row = {"id": hit.id, "onset": hit.onset, "label": hit.label, "velocity": hit.velocity}
        hits.setdefault(hit.cluster, []).append(row)
    return [
        {
            "cluster": cluster.id,
            "label": cluster.label,
            "drum": cluster.drum,
            "confidence": cluster.confidence,
            "count": cluster.count,
            "velocity": cluster.velocity,
            "typical": cluster.typical,
            "time": cluster.time,
            "hits": hits[cluster.id],
        }
        for cluster in now.clusters
    ]


def _job_row(job: Job, told: Told | None) -> dict[str, Any]:
    return {
        "job": job.id,
        "state": job.state,
        "path": job.source.path,
        "priority": job.priority.name.lower(),
        "created": job.created,
        "changed": job.changed,
        "stage": told.stage if told else "",
        "fraction": round(told.fraction, 3) if told else float(job.state == "done"),
        "eta": round(told.eta, 1) if told else None,
        "manifest": job.manifest,
        "midi": job.midi,
        "code": job.code,
        "reason": job.reason,
    }
