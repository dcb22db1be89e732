"""A small supervisor: starts programs, keeps them running, stops them in order and leaves none behind.

Each program leads a session of its own, so the terminal's Ctrl-C reaches the supervisor alone, which then stops them one
after the other. They are recorded in a file with their start times: if the supervisor is killed outright, the next
one finds and stops what it left.
"""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO

from baobab.runtime import files
from baobab.runtime.identity import ProcessRecord
from baobab.runtime.output import RunLog, say

_LONGEST_PAUSE = 30.0  # seconds between two starts of a program that keeps dying
_SETTLED = 60.0  # seconds after which a program counts as healthy again


@dataclass(frozen=True, slots=True)
class Program:
    """A command to keep running, and the seconds it may take to end after SIGTERM."""

    name: str
    command: Sequence[str]
    stop_seconds: float = 10.0


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[str] | None = None
    record: ProcessRecord | None = None
    started: float = 0.0
    failures: int = 0
    next_start: float = math.inf  # not before it is asked for


class Supervisor:
    """Keeps a list of programs running, and stops them in the reverse of the order they are given in."""

    def __init__(
        self, programs: Sequence[Program], *, env: Mapping[str, str], folder: Path, log: RunLog, record: Path
    ) -> None:
        """Describe what to run.

        Args:
            programs: the programs.
            env: their environment.
            folder: their working folder.
            log: takes what they print.
            record: the file that tells the next supervisor what runs now.
        """
        self._children = [_Child(program) for program in programs]
        self._env = dict(env)
        self._folder = folder
        self._log = log
        self._record = record

    def start(self, *names: str) -> None:
        """Start the programs of these names, or all of them."""
        for child in self._children:
            if not names or child.program.name in names:
                self._spawn(child)

    def tend(self) -> None:
        """Start again what has ended, with pauses that double while it keeps ending; call this every half second."""
        now = time.monotonic()
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._note_end(child, now)
            if child.process is None and now >= child.next_start:
                self._spawn(child)

    def stop(self) -> None:
        """Stop every program and whatever it has started, the last one first."""
        for child in reversed(self._children):
            self._stop_child(child)
        self._record.unlink(missing_ok=True)

    def kill(self) -> None:
        """End every program at once; `stop` then has nothing left to wait for."""
        for child in self._children:
            if child.record is not None:
                child.record.stop(seconds=0)

    def _spawn(self, child: _Child) -> None:
        child.process = subprocess.Popen(
            child.program.command,
            cwd=self._folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        child.record = ProcessRecord.of(child.process.pid)
        child.started = time.monotonic()
        self._write_record()
        assert child.process.stdout is not None
        arguments = (child.program.name, child.process.stdout)
        Thread(target=self._read, args=arguments, daemon=True).start()

    def _read(self, name: str, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._log.take(name, line.rstrip("\n"))

    def _note_end(self, child: _Child, now: float) -> None:
        assert child.process is not None
        self._sweep(child)
        child.failures = 1 if now - child.started > _SETTLED else child.failures + 1
        pause = min(_LONGEST_PAUSE, 2.0 ** (child.failures - 1))
        child.next_start = now + pause
        self._log.take(child.program.name, f"ended with code {child.process.returncode}")
        say(f"  {child.program.name} ended (code {child.process.returncode}); it starts again in {pause:.0f} s")
        child.process = None

    def _stop_child(self, child: _Child) -> None:
        if child.record is not None:
            child.record.stop(seconds=child.program.stop_seconds)
        if child.process is not None:
            child.process.wait()
            child.process = None

    def _sweep(self, child: _Child) -> None:
        """Kill what a program that has just ended left of its session."""
        if child.record is not None:
            child.record.stop(seconds=0)

    def _write_record(self) -> None:
        known = {c.program.name: {"pid": c.record.pid, "mark": c.record.mark} for c in self._children if c.record}
        files.write_json(self._record, known)


def stop_leftovers(record: Path, *, seconds: float = 10.0) -> list[str]:
    """Stop what a supervisor that was killed left running; return the programs' names."""
    known = files.read_json(record) or {}
    left = {name: ProcessRecord(**parts) for name, parts in known.items()}
    left = {name: process for name, process in left.items() if process.members()}
    for process in left.values():  # all at once: they end while the first is waited for
        process.ask_to_end()
    for process in left.values():
        process.stop(seconds=seconds)
    record.unlink(missing_ok=True)
    return list(left)
