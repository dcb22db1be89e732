"""What the person at the terminal sees, and what goes to the log."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import IO

from baobab.runtime.stopping import Stopped

_LOUD_LEVELS = frozenset({"warning", "error", "critical", "exception"})
_LOUD = re.compile(r"\b(WARNING|ERROR|CRITICAL|FATAL|Traceback|[A-Z]\w+(Error|Exception|Warning):)")
# Celery tells every developer who runs as root, and each time, that one should not.
_QUIET = re.compile(r"SecurityWarning|superuser privileges|uid=\d+ euid=\d+")
_LONGEST_SHOWN = 400


def say(text: str = "") -> None:
    """Print a line for the user; a closed terminal is not an error."""
    with suppress(OSError, ValueError):
        print(text, flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Show that something is being done, and the seconds it took."""
    started = time.monotonic()
    dots = "." * max(3, 34 - len(name))
    interactive = sys.stdout.isatty()
    if interactive:
        with suppress(OSError):
            print(f"  {name} {dots} ", end="\r", flush=True)
    try:
        yield
    except BaseException as error:
        say(f"  {name} {dots} {'stopped' if isinstance(error, Stopped) else 'failed'}")
        raise
    say(f"  {name} {dots} {time.monotonic() - started:.1f} s")


def loud_part(line: str) -> str | None:
    """Return what the terminal should show of a process's log line, or None for nothing."""
    if line.startswith("{"):
        with suppress(ValueError):
            record = json.loads(line)
            if isinstance(record, dict) and "level" in record:
                return _from_record(record)
    if _LOUD.search(line) and not _QUIET.search(line):
        return line[:_LONGEST_SHOWN]
    return None


def _from_record(record: dict[str, object]) -> str | None:
    level = str(record["level"]).lower()
    event = str(record.get("event", ""))
    if level not in _LOUD_LEVELS or _QUIET.search(event):
        return None
    shown = f"{level}: {event}"[:_LONGEST_SHOWN]
    trace = str(record.get("exception") or "").strip().splitlines()
    return f"{shown} ({trace[-1][:_LONGEST_SHOWN]})" if trace else shown


class RunLog:
    """One log file for all processes, each line led by the time and the process's name."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = Lock()
        self._in_traceback: dict[str, bool] = {}

    def keep(self, name: str, line: str) -> None:
        """Write one line of process `name`; a full disk or a closed file is no reason to stop."""
        with suppress(OSError, ValueError):
            self._stream.write(f"{time.strftime('%H:%M:%S')} {name:<9} | {line}\n")
            self._stream.flush()

    def take(self, name: str, line: str) -> None:
        """Write one line of process `name`; show it on the terminal too if it is a warning or worse."""
        with self._lock:
            self.keep(name, line)
            if (shown := self._shown(name, line)) is not None:
                say(f"  {name:<9} | {shown}")

    def _shown(self, name: str, line: str) -> str | None:
        """Show a traceback with the lines that belong to it, to its last line, which is not indented."""
        if self._in_traceback.get(name) and not line.startswith("{"):
            self._in_traceback[name] = line.startswith(" ") or not line
            return line
        self._in_traceback[name] = line.startswith("Traceback")
        return loud_part(line)
