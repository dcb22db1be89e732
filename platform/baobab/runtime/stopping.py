"""Ctrl-C, SIGTERM and a closed terminal, as a flag that the main loop looks at."""

from __future__ import annotations

import signal
from collections.abc import Callable
from threading import Event
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """The user asked to stop while something was being set up."""


class StopRequest:
    """Becomes set at the first signal; at a second one `insist` is called as well."""

    def __init__(self) -> None:
        """Take over the signals, in the main thread."""
        self._event = Event()
        self.insist: Callable[[], None] = lambda: None
        for number in _SIGNALS:
            signal.signal(number, self._received)

    def _received(self, _number: int, _frame: FrameType | None) -> None:
        if self._event.is_set():
            self.insist()
        self._event.set()

    def is_set(self) -> bool:
        """Whether to stop."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; return whether to stop."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raise Stopped if the user asked to stop."""
        if self._event.is_set():
            raise Stopped
