"""How Stripe takes a request apart and refuses it: key, form, idempotency key, error format."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from typing import Any

from flask import Response, request
from openapi_schema_validator import OAS30Validator

from tests.simulators.payments import schemas
from tests.simulators.payments.context import answer, state
from tests.simulators.payments.settings import STRIPE_SECRET_KEY

PART = re.compile(r"\[([^\]]*)\]")
KEY_LIMIT = 255
Document = dict[str, Any]


class Refusal(Exception):
    """An error answer in Stripe's format."""

    def __init__(self, status: int, code: str = "", *, kind: str = "invalid_request_error", param: str = "") -> None:
        super().__init__(code or kind)
        self.status, self.code, self.kind, self.param = status, code, kind, param

    def response(self) -> Response:
        """Kind, code and parameter."""
        error = {"type": self.kind, "code": self.code, "param": self.param, "message": "Simulated refusal."}
        return answer({"error": {name: value for name, value in error.items() if value}}, self.status)


def new_id(prefix: str) -> str:
    """An id as Stripe makes them."""
    return f"{prefix}_{secrets.token_hex(12)}"


def check_key() -> None:
    """Raise unless the secret key and a version came along."""
    if request.headers.get("Authorization") != f"Bearer {STRIPE_SECRET_KEY}":
        raise Refusal(401)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(\.[a-z]+)?", request.headers.get("Stripe-Version", "")):
        raise Refusal(400, "api_version_invalid")


def form_body(validator: OAS30Validator) -> Document:
    """The request's form as an object, checked against a schema; raises Refusal."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise Refusal(400, "content_type_invalid")
    body: Document = {}
    for name, value in request.form.items(multi=True):
        _put(body, name, value)
    violation = schemas.first_violation(validator, body)
    if violation:
        missing = violation.issue == "MISSING_REQUIRED_PARAMETER"
        raise Refusal(400, "parameter_missing" if missing else "parameter_invalid", param=violation.field)
    return body


def _put(body: Document, name: str, value: str) -> None:
    """Write `a[0][b]=c` into nested objects; lists stay objects of their indexes, as Stripe's own form is."""
    steps = [name.partition("[")[0], *PART.findall(name)]
    holder = body
    for step in steps[:-1]:
        holder = holder.setdefault(step, {})
    if steps[-1] in holder:
        raise Refusal(400, "parameter_invalid", param=name)
    holder[steps[-1]] = value


def once(make: Callable[[], Document]) -> Response:
    """What the idempotency key made first, for every request that carries it with the same body."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > KEY_LIMIT:
        raise Refusal(400, "idempotency_key_invalid")
    fingerprint = hashlib.sha256(request.path.encode() + request.get_data()).hexdigest()
    with state().lock:
        earlier = state().get("stripe_key", key)
        if earlier and earlier["fingerprint"] != fingerprint:
            raise Refusal(400, kind="idempotency_error")
        if earlier:
            return answer(earlier["answer"])
        made = make()
        state().put("stripe_key", key, {"fingerprint": fingerprint, "answer": made})
    return answer(json.loads(json.dumps(made)))
