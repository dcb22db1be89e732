"""The one class of error that people read."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.functional import Promise


class DomainError(Exception):
    """Something a person asked for cannot be done, with what to tell them.

    `code` is stable and for machines; `message` is translated text that says what happened and what to do;
    `field` is the form or JSON field it belongs to, or empty for the whole request; `status` is the HTTP status.
    """

    status = 400

    def __init__(
        self,
        code: str,
        message: str | Promise,
        *,
        field: str = "",
        status: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field
        self.extra = extra or {}
        if status is not None:
            self.status = status

    def __str__(self) -> str:
        return str(self.message)


class NotAllowed(DomainError):
    """The person is known but may not do this."""

    status = 403


class Conflict(DomainError):
    """The thing has changed in the meantime, or is taken."""

    status = 409


class TooManyAttempts(DomainError):
    """A limit was reached; `extra["retry_after"]` is in seconds."""

    status = 429


NotFound = Http404
