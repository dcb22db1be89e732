"""Who is asking, for code that has no request at hand: audit entries and logs."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """Where the current request comes from. Empty outside a request (tasks, commands)."""

    request_id: str = ""
    ip: str | None = None
    user_agent: str = ""
    impersonator: str = ""  # the platform admin who acts in the user's place
    country: str = ""  # ISO 3166-1 alpha-2, where a proxy in front says so
    user: Any = None  # lazy: looking at it reads the session, so only audit entries do

    @property
    def actor(self) -> Any:
        """The account that is logged in, or None."""
        return self.user if self.user is not None and self.user.is_authenticated else None


_current: ContextVar[RequestInfo] = ContextVar("request_info", default=RequestInfo())  # noqa: B039 — frozen
set_request_info = _current.set
reset_request_info = _current.reset


def request_info() -> RequestInfo:
    """The current request's information."""
    return _current.get()


def forget_caller() -> None:
    """Name nobody for the rest of this request: who was erased by it must not come back with the log of it."""
    set_request_info(replace(_current.get(), user=None, ip=None, user_agent=""))
