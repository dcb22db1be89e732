"""One shape for every error of the API: {code, detail, fields}."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from shared_apps.core.error_views import error_body
from shared_apps.core.errors import DomainError


class TooLarge(exceptions.APIException):
    """The body is larger than any honest request."""

    status_code = 413
    default_detail = _("The request is too large.")
    default_code = "too_large"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER."""
    if isinstance(error, DomainError):
        return Response(error_body(error), status=error.status)
    error = _as_api_error(error)
    response = drf_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    if isinstance(error, exceptions.ValidationError):
        detail = error.detail if isinstance(error.detail, dict) else {"non_field_errors": error.detail}
        fields = {name: list(_texts(messages)) for name, messages in detail.items()}
        response.data = {"code": "invalid", "detail": next(iter(fields.values()))[0], "fields": fields}
    else:
        response.data = {"code": error.get_codes(), "detail": str(error.detail)}
    return response


def _as_api_error(error: Exception) -> Exception:
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, SuspiciousOperation):
        return exceptions.ParseError()
    return error


def _texts(detail: Any) -> Iterator[str]:
    """Every message of a field, those of its items too."""
    if isinstance(detail, dict | list):
        for part in detail.values() if isinstance(detail, dict) else detail:
            yield from _texts(part)
    else:
        yield str(detail)
