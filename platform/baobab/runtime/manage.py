"""Running `manage.py` commands as steps of the set-up."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import IO

from baobab.runtime.output import RunLog, loud_part, say
from baobab.runtime.problems import RuntimeProblem
from baobab.runtime.stopping import Stopped, StopRequest


def manage(
    *arguments: str, env: Mapping[str, str], folder: Path, log: RunLog, stop: StopRequest, show: bool = True
) -> None:
    """Run one command of `manage.py`; with `show`, what it prints is shown as progress.

    Raises:
        RuntimeProblem: it failed; the text has the end of what it wrote.
        Stopped: the user asked to stop; the command was ended.
    """
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=folder,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    last: deque[str] = deque(maxlen=20)
    assert process.stdout is not None
    assert process.stderr is not None
    readers = [
        Thread(target=_read, args=(process.stdout, arguments[0], log, last, show), daemon=True),
        Thread(target=_read, args=(process.stderr, arguments[0], log, last, False), daemon=True),
    ]
    for reader in readers:
        reader.start()
    while True:
        try:
            process.wait(0.1)
            break
        except subprocess.TimeoutExpired:
            if stop.is_set():
                process.terminate()
                process.wait(10)
                raise Stopped from None
    for reader in readers:
        reader.join()
    if process.returncode != 0:
        shown = "\n".join(last)
        raise RuntimeProblem(f"`manage.py {' '.join(arguments)}` failed (exit {process.returncode}).\n{shown}")


def _read(stream: IO[str], name: str, log: RunLog, last: deque[str], show: bool) -> None:
    with stream:
        for raw in stream:
            line = raw.rstrip("\n")
            last.append(line)
            log.keep(name, line)
            if show:
                say(f"      {line.strip()}")
            elif line.startswith("{") and (warning := loud_part(line)):
                say(f"      {warning}")  # a traceback is shown once, by the RuntimeProblem
