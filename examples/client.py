"""A test client of sidestick's HTTP interface, in plain Python: send a song, watch it, take the MIDI away.

    python examples/client.py Song.wav --parts drums,bass --stems flac
    python examples/client.py --health

`sidestick run` must be running. SIDESTICK_URL and SIDESTICK_KEY say where it is, and its key if it wants one.
"""

import argparse
import base64
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import Any

URL = os.environ.get("SIDESTICK_URL", "http://127.0.0.1:9332")
KEY = os.environ.get("SIDESTICK_KEY", "")


def ask(method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
    """The JSON of an answer. Ends with sidestick's own sentence if it refuses."""
    headers = {"Content-Type": kind, **({"Authorization": f"Bearer {KEY}"} if KEY else {})}
    request = urllib.request.Request(URL + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=900) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(json.load(error)["text"])
    except urllib.error.URLError as error:
        sys.exit(f"Nobody answers at {URL} ({error.reason}). Start `sidestick run`.")


def upload(song: Path, options: dict[str, Any]) -> Any:
    """The job for a song that is sent as a form."""
    mark = uuid.uuid4().hex
    form = f'--{mark}\r\nContent-Disposition: form-data; name="options"\r\n\r\n{json.dumps(options)}\r\n'
    name = urllib.parse.quote(song.name)
    form += f"--{mark}\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''{name}\r\n\r\n"
    body = form.encode() + song.read_bytes() + f"\r\n--{mark}--\r\n".encode()
    return ask("POST", "/api/jobs", body, f"multipart/form-data; boundary={mark}")


def watch(job: str) -> None:
    """A line for each stage until the job is over."""
    shown = ""
    while (found := ask("GET", f"/api/jobs/{job}"))["state"] in ("queued", "running"):
        if found["stage"] != shown:
            shown = found["stage"]
            print(f"{found['fraction']:4.0%}  {shown}")
        time.sleep(0.5)
    if found["state"] != "done":
        sys.exit(found["reason"] or found["state"])


def save(job: str, folder: Path) -> None:
    """The .mid files of a job, and what was heard in it."""
    result = ask("GET", f"/api/jobs/{job}/result?wait=60")
    print(f"{result['bpm'] or 0:.2f} bpm, {result['hits'] or result['notes']}, by {result['models']}")
    for name, text in result["midi"].items():
        target = folder / f"{Path(result['job']['name']).stem}.{name}.mid"
        target.write_bytes(base64.b64decode(text))
        print(target)


def main() -> None:
    parser = argparse.ArgumentParser(description="Send a song to sidestick and take its MIDI away.")
    parser.add_argument("song", type=Path, nargs="?")
    parser.add_argument("--input", default="mix", help="mix, drums, bass, vocals, other, guitar or piano")
    parser.add_argument("--parts", default="drums", help="with commas between")
    parser.add_argument("--stems", help="wav, flac or mp3")
    parser.add_argument("--out", type=Path, default=Path.cwd())
    parser.add_argument("--health", action="store_true", help="only ask whether sidestick is there")
    asked = parser.parse_args()
    if asked.health or asked.song is None:
        print(json.dumps(ask("GET", "/health"), indent=1))
        return
    options = {"input": asked.input, "parts": asked.parts.split(","), "stems": asked.stems}
    job = upload(asked.song, {name: value for name, value in options.items() if value})
    print(f"job {job['id']}")
    watch(job["id"])
    save(job["id"], asked.out)


if __name__ == "__main__":
    main()
