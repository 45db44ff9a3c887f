"""Signals that end the command: one line, the exit code that shells expect, and nobody left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a polite end, and the closing of the terminal."""

PATIENCE: Final = 15.0
"""Seconds that the work may take to end its own processes; a kernel that computes takes some five."""


class Interrupted(BaseException):
    """A signal has come. As no Exception, no code takes it for a failure of its own and goes on."""


class Ending:
    """The handler of the signals, which keeps the first that came."""

    def __init__(self) -> None:
        self.number: int | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raise Interrupted, so that whatever runs frees what it holds; a second signal ends at once."""
        self.number = number
        for each in ENDING:
            signal.signal(each, signal.SIG_DFL)
        # what swallows the exception, or hangs while it frees things, is ended from another thread
        late = threading.Timer(PATIENCE, lambda: os._exit(self.said()))
        late.daemon = True
        late.start()
        raise Interrupted

    def said(self) -> int:
        """Say in one line which signal came; return the exit code that goes with it."""
        number = signal.Signals(self.number)
        with contextlib.suppress(OSError):  # the terminal may be gone
            print(f"crmlab: stopped by {number.name}", file=sys.stderr, flush=True)
        return 128 + number


def guarded(run: Callable[[], int]) -> int:
    """Run a command; return its exit code, or 128 and the number of the signal that ended it."""
    ending = Ending()
    with _handled_by(ending):
        try:
            code = run()
        except BaseException:
            if ending.number is None:
                raise
    # a library may have turned the interruption into an error of its own, or have gone on
    return code if ending.number is None else ending.said()


@contextlib.contextmanager
def _handled_by(ending: Ending) -> Iterator[None]:
    """Give the signals to a handler for a while; one that is ignored (nohup) stays ignored."""
    before = {each: signal.getsignal(each) for each in ENDING}
    for each, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(each, ending)
    try:
        yield
    finally:
        for each, handler in before.items():
            # after a signal its default stays: the next one ends what is left to do
            if ending.number is None and handler is not None:
                signal.signal(each, handler)
