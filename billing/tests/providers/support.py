"""What the tests of the provider clients share beside fixtures."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from billing.providers.base import Attempt
from billing.providers.momo import MomoProvider
from billing.providers.paypal import PayPalProvider

FAST = {"connect_timeout": 2.0, "read_timeout": 5.0}
IMPATIENT = {"connect_timeout": 2.0, "read_timeout": 0.3}
MomoMaker = Callable[..., MomoProvider]
AttemptMaker = Callable[..., Attempt]


@dataclass(frozen=True, slots=True)
class Received:
    """A message that somebody sent to us."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Listener:
    """A web server that writes down what it receives; `answers` are the statuses it gives, 200 after the last."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, seconds: float = 5) -> list[Received]:
        """The messages, once there are so many; fails the test when they do not come."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.received) >= count, seconds), self.received
            return list(self.received)


def started(provider: PayPalProvider | MomoProvider, attempt: Attempt) -> Attempt:
    """The attempt with the reference its provider gave it."""
    return replace(attempt, provider_ref=provider.start(attempt).provider_ref)
