"""The crmlab command line. Its verbs are imported once signals are caught: importing takes a second."""

import sys

from crmlab.cli.interrupt import guarded


def main() -> None:
    """Run the command and end with its exit code."""
    sys.exit(guarded(_run))


def _run() -> int:
    """Import the verbs and run the one that was asked for."""
    from crmlab.cli.command import run

    return run()
