"""Small file helpers of the local runtime: atomic writes, locks, logs that do not grow for ever."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_NOT_OURS = frozenset({"node_modules", "__pycache__", "build", "dist"})


def write_atomically(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `content`; a reader, or a crash, sees the old file or the new one and nothing between."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), mode)
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, readable by the owner alone."""
    write_atomically(path, json.dumps(value, indent=2).encode() + b"\n")


def read_json(path: Path) -> Any:
    """Return the JSON in `path`, or None when the file is missing or not JSON (cut short by a crash, say)."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


@contextmanager
def exclusive_lock(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock file `path`; yield whether it was obtained. It is let go when the process ends, however it ends."""
    with path.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def folders_named(root: Path, name: str) -> Iterator[Path]:
    """Yield the project's folders called `name`, in order; hidden folders and those of tools are not entered."""
    for folder, subfolders, _files in os.walk(root):
        subfolders[:] = sorted(sub for sub in subfolders if not sub.startswith(".") and sub not in _NOT_OURS)
        if name in subfolders:
            subfolders.remove(name)
            yield Path(folder, name)


def keep_small(path: Path, *, limit: int = 10_000_000) -> None:
    """Put a log of more than `limit` bytes aside as `<name>.1`, over the one before."""
    with suppress(FileNotFoundError):
        if path.stat().st_size > limit:
            os.replace(path, path.with_name(path.name + ".1"))


def tail(path: Path, *, lines: int = 15) -> str:
    """Return the last lines of a log, or an empty text."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
