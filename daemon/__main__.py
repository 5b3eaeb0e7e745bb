"""The console script. Clients wait for `send`, a DAW for `run`, installers for `--version`: a short way each."""

import sys


def main() -> None:
    if sys.argv[1:2] == ["send"]:
        from bridge.osc.send import main as send

        sys.exit(send(sys.argv[2:]))
    if sys.argv[1:] == ["run"]:
        from daemon.commands import run_to_exit, service

        sys.exit(run_to_exit(service.run))
    if sys.argv[1:] == ["--version"]:
        from daemon import __version__

        print(f"sidestick {__version__}")
        return
    from daemon import cli

    cli.main()


if __name__ == "__main__":
    main()
