"""Telling a process apart from a later one that was given the same number."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_HAS_PROC = (_PROC / "self" / "stat").exists()
_KILL_SECONDS = 5.0  # how long a process that was killed may take to be gone
_STATE, _SESSION, _START = 0, 3, 19  # positions in /proc/<pid>/stat, counted after the command's name


def _stat_fields(pid: int) -> list[str] | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def start_mark(pid: int) -> str | None:
    """Return a text that no other process of this machine ever has, or None when `pid` is not running.

    On Linux it is the boot's id and the start time in clock ticks, so a record kept in a file stays right after a
    reboot; elsewhere it is what `ps` says. A process that has ended but was not yet waited for counts as gone.
    """
    if not _HAS_PROC:
        shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return shown.stdout.strip() or None
    fields = _stat_fields(pid)
    if fields is None or fields[_STATE] in "ZX":
        return None
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[_START]}"


def command_line(pid: int) -> str:
    """Return the command line of `pid`, words separated by spaces, or an empty text."""
    if _HAS_PROC:
        try:
            return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def _session_members(session: int) -> Iterator[int]:
    """Yield the live processes of a session (Linux; nothing elsewhere)."""
    for entry in _PROC.glob("[0-9]*") if _HAS_PROC else ():
        fields = _stat_fields(int(entry.name))
        if fields and fields[_STATE] not in "ZX" and int(fields[_SESSION]) == session:
            yield int(entry.name)


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A process that leads its own session, as kept in a file between two runs."""

    pid: int
    mark: str

    @classmethod
    def of(cls, pid: int) -> ProcessRecord:
        """Record a process that was just started."""
        return cls(pid, start_mark(pid) or "gone")

    def is_alive(self) -> bool:
        """Whether this very process (not another with its number) still runs."""
        return start_mark(self.pid) == self.mark

    def members(self) -> list[int]:
        """Return the processes of its session that still run, itself included.

        The kernel does not give out the number of a session that still has a process, so once the leader is gone
        the session is still ours, unless the machine was restarted or a stranger now carries the number.
        """
        now = start_mark(self.pid)
        if now is not None and now != self.mark:
            return []
        if now is None and not self._same_boot():
            return []
        return list(_session_members(self.pid)) or ([self.pid] if now else [])

    def _same_boot(self) -> bool:
        ours = start_mark(os.getpid()) or ""
        return _HAS_PROC and self.mark.partition(":")[0] == ours.partition(":")[0]

    def ask_to_end(self) -> None:
        """Send SIGTERM, if this very process still runs."""
        if self.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def stop(self, *, seconds: float) -> None:
        """Ask the process to end, wait at most `seconds`, then kill what is left of its session.

        Returns once nothing of it runs: a kill takes effect when the kernel gets to it, and what was being forked while
        the session was listed has to be killed too. What the kernel itself holds is waited for no longer than five seconds.
        """
        if self.is_alive() and seconds > 0:
            self.ask_to_end()
            deadline = time.monotonic() + seconds
            while self.is_alive() and time.monotonic() < deadline:
                time.sleep(0.05)
        deadline = time.monotonic() + _KILL_SECONDS
        while (left := self.members()) and time.monotonic() < deadline:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
