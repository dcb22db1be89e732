"""One shape for every error of the API: {code, detail, fields}."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import APIException, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from shared_apps.core.error_views import error_body
from shared_apps.core.errors import DomainError


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER."""
    if isinstance(error, DomainError):
        return Response(error_body(error), status=error.status)
    response = drf_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"non_field_errors": error.detail}
        response.data = {"code": "invalid", "detail": _first_text(fields), "fields": fields}
    elif isinstance(error, Throttled):
        response.data = {"code": "throttled", "detail": str(error.detail), "retry_after": getattr(error, "wait", None)}
    elif isinstance(error, APIException):
        response.data = {"code": error.get_codes() if isinstance(error.detail, str) else "error",
                         "detail": str(getattr(error.detail, "get", lambda *_: error.detail)("detail", error.detail))}  # fmt: skip
    return response


def _first_text(detail: Any) -> str:
    while isinstance(detail, dict | list) and detail:
        detail = next(iter(detail.values())) if isinstance(detail, dict) else detail[0]
    return str(detail)
