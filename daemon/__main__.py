"""The console script. `stemd send` goes its own short way: an editor script waits for it."""

import sys


def main() -> None:
    if sys.argv[1:2] == ["send"]:
        from bridge.osc.send import main as send

        sys.exit(send(sys.argv[2:]))
    from daemon import cli

    cli.main()


if __name__ == "__main__":
    main()
