"""`make demo`: the song that ships with sidestick goes in; stems, MIDI and a picture come out in demo-out/."""

import os
import subprocess
import sys
from pathlib import Path

SONG = Path(__file__).with_name("war-of-freedom.ogg")
OUT = Path("demo-out")


def main() -> int:
    print('Transcribing 32 s of "War of freedom" by Carlos Viola Iborra.', flush=True)
    print("The first run fetches the weights of htdemucs (about 100 MB).\n", flush=True)
    OUT.mkdir(exist_ok=True)
    sidestick = [sys.executable, "-m", "daemon.cli"]
    options = ["--stems", "wav", "--backing", "--plot", "--out", str(OUT)]
    status = subprocess.run([*sidestick, "transcribe", str(SONG), *options], check=False, env=os.environ).returncode
    if status == 0:
        print(f"\nOpen {OUT / 'war-of-freedom.drums.mid'} in your DAW beside the song, both at bar 1.")
        print(f"A hit is wrong? {OUT / 'war-of-freedom.sidestick.json'} knows them all: sidestick relabel --help")
    return status


if __name__ == "__main__":
    raise SystemExit(main())
