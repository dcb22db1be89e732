"""Finds calls to payment providers while a database transaction of the product is open: it would be held for seconds."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from billing.providers.transport import Transport

found: list[str] = []


def install() -> None:
    """Look at every request to a provider from now on. Once a process."""
    original = Transport.send

    def send(self: Transport, *args: Any, **kwargs: Any) -> Any:
        # The transaction that pytest-django wraps a test in is not the product's.
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            found.append(f"{self.provider} {kwargs.get('operation')}\n" + "".join(traceback.format_stack(limit=8)))
        return original(self, *args, **kwargs)

    Transport.send = send  # type: ignore[method-assign]  # the one place all requests pass


@contextmanager
def watching() -> Iterator[list[str]]:
    """What was found in the block."""
    found.clear()
    yield found
