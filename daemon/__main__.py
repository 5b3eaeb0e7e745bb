"""The console script. A client waits for `send`, and a DAW for `run`: these two go their own short way."""

import sys


def main() -> None:
    if sys.argv[1:2] == ["send"]:
        from bridge.osc.send import main as send

        sys.exit(send(sys.argv[2:]))
    if sys.argv[1:] == ["run"]:
        from daemon.commands import run_to_exit, service

        sys.exit(run_to_exit(service.run))
    from daemon import cli

    cli.main()


if __name__ == "__main__":
    main()
