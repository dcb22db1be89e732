"""A worker that dies by SIGKILL at a chosen point of deleting a tenant. Run as a process of its own.

Usage: python -m tests.support.killed_deletion STEP WHEN, where WHEN is before, after (the step's work is done and the
message is not) or inside (the schema step, with the schema dropped and nothing committed).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(step: Callable[[Any], None], when: str) -> Callable[[Any], None]:
    def do(organisation: Any) -> None:
        if when == "before":
            die()
        step(organisation)
        die()

    return do


def main() -> None:
    chosen, when = sys.argv[1:]
    django.setup()
    from provisioning.services import deletion
    from shared_apps.outbox.services import drain

    if when == "inside":
        deletion._role_exists = die  # type: ignore[assignment]
    else:
        deletion.STEPS = tuple((name, dying(do, when) if name == chosen else do) for name, do in deletion.STEPS)
    drain()


if __name__ == "__main__":
    main()
