"""How PayPal takes a request apart and refuses it: token, body, idempotency key, error format."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from typing import Any

from flask import Response, request
from openapi_schema_validator import OAS30Validator

from tests.simulators.payments import schemas
from tests.simulators.payments.context import answer, state

REQUEST_ID_LIMIT = 108
Document = dict[str, Any]


class Refusal(Exception):
    """An error answer, raised from wherever it is noticed."""

    def __init__(self, status: int, name: str, issue: str = "", *, field: str = "", description: str = "") -> None:
        super().__init__(issue or name)
        self.status, self.name, self.issue, self.field, self.description = status, name, issue, field, description

    def response(self) -> Response:
        """PayPal's error format."""
        detail = {"field": self.field, "issue": self.issue, "description": self.description, "location": "body"}
        document: Document = {"name": self.name, "message": "Simulated refusal.", "debug_id": secrets.token_hex(7)}
        if self.issue:
            document["details"] = [{key: value for key, value in detail.items() if value}]
        return answer(document, self.status)


def unprocessable(issue: str, description: str = "") -> Refusal:
    """422 with an issue."""
    return Refusal(422, "UNPROCESSABLE_ENTITY", issue, description=description)


def check_token() -> None:
    """Raise unless the request carries a token that is still good."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    token = state().get("token", value) if kind == "Bearer" else None
    if token is None or token["product"] != "paypal" or token["ends_at"] < time.time():
        raise Refusal(401, "AUTHENTICATION_FAILURE")


def json_body(validator: OAS30Validator, *, may_be_empty: bool = False) -> Document:
    """The request's body, checked against a schema; raises Refusal."""
    if request.mimetype != "application/json":
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE")
    text = request.get_data(as_text=True)
    if may_be_empty and not text:
        return {}
    try:
        body = json.loads(text)
    except ValueError:
        raise Refusal(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON") from None
    violation = schemas.first_violation(validator, body)
    if violation:
        raise Refusal(400, "INVALID_REQUEST", violation.issue, field=violation.field, description=violation.description)
    return body


def request_id(*, required: bool) -> str:
    """The idempotency key of a request; raises Refusal when it is needed and missing, or too long."""
    key = request.headers.get("PayPal-Request-Id", "")
    if (required and not key) or len(key) > REQUEST_ID_LIMIT:
        issue = "INVALID_STRING_MAX_LENGTH" if key else "PAYPAL_REQUEST_ID_REQUIRED"
        raise Refusal(400, "INVALID_REQUEST", issue, field="PayPal-Request-Id")
    return key


def recall(operation_name: str, key: str) -> str | None:
    """What an earlier request with this key made; raises Refusal when that request had another body."""
    if not key:
        return None
    earlier = state().get("paypal_key", f"{operation_name}:{key}")
    if earlier and earlier["fingerprint"] != _fingerprint():
        raise unprocessable("DUPLICATE_REQUEST_ID", "The key came with another body before.")
    return earlier["made"] if earlier else None


def remember(operation_name: str, key: str, made: str) -> None:
    """Keep what a request with this key made."""
    if key:
        state().put("paypal_key", f"{operation_name}:{key}", {"fingerprint": _fingerprint(), "made": made})


def _fingerprint() -> str:
    return hashlib.sha256(request.path.encode() + request.get_data()).hexdigest()
