"""The commands of the command line, and how they end: errors become a sentence on standard error and an exit status."""

import sys
from collections.abc import Callable

from daemon.errors import ConfigError, Rejected, SidestickError


def run_to_exit(command: Callable[[], int]) -> int:
    """0 all done, 1 something failed, 2 the call itself was wrong, 130 interrupted."""
    try:
        return command()
    except (Rejected, ConfigError) as error:
        _print_remedy(error)
        return 2
    except SidestickError as error:
        _print_remedy(error)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Nothing was left half written.", file=sys.stderr)
        return 130


def exit_after(command: Callable[[], int]) -> None:
    """Do a command and end the program with its exit status."""
    sys.exit(run_to_exit(command))


def _print_remedy(error: SidestickError) -> None:
    from daemon.commands.remedies import spell_commands  # what it needs takes a while to load

    print(spell_commands(str(error)), file=sys.stderr)
