"""What the tests of the provider clients share beside fixtures."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from billing.providers.base import Attempt, Provider
from billing.providers.momo import MomoProvider

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


class RawServer:
    """Answers every connection with the same bytes, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.pause = 0.0
        self.requests: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/path"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(65536))
                try:
                    for piece in self.pieces:
                        connection.sendall(piece)
                        time.sleep(self.pause)
                except OSError:
                    continue

    def close(self) -> None:
        self._socket.close()


def started(provider: Provider, attempt: Attempt) -> Attempt:
    """The attempt with what its provider gave it."""
    start = provider.start(attempt)
    return replace(attempt, provider_ref=start.provider_ref, notification_secret=start.notification_secret)
