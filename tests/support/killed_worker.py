"""A worker that dies by SIGKILL at a chosen point of provisioning. Run as a process of its own.

Usage: python -m tests.support.killed_worker JOB_ID STEP WHEN, where WHEN is before, after (the step's work is committed
and not yet recorded) or inside (the schema step, half of its statements sent).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(step: Callable[[Any], None], when: str) -> Callable[[Any], None]:
    def do(order: Any) -> None:
        if when == "before":
            die()
        step(order)
        die()

    return do


def die_inside_replay() -> None:
    from provisioning.services import schemas

    whole = schemas.run_in_one_transaction

    def half(owner: Any, statements: list[str]) -> None:
        def sent() -> Any:
            for number, statement in enumerate(statements):
                if number == len(statements) // 2:
                    owner.execute("SELECT 1").fetchone()  # what was sent so far has run
                    die()
                yield statement

        whole(owner, sent())

    schemas.run_in_one_transaction = half


def main() -> None:
    job_id, chosen, when = sys.argv[1:]
    django.setup()
    from provisioning.services import jobs, steps

    if when == "inside":
        die_inside_replay()
    else:
        steps.STEPS = tuple((name, dying(do, when) if name == chosen else do) for name, do in steps.STEPS)
    jobs.run(job_id)


if __name__ == "__main__":
    main()
