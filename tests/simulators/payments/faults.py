"""Faults on demand: what a provider or the network between can do to a call.

A fault is {provider, operation, kind, times, ...}; "*" matches every operation. It is used up by `times` calls.

Before the call has any effect: `timeout_before` (silence for `seconds`), `http_500`, `http_503`, `http_429`,
`html` (a page with status `status`, 200 if not given), `token_401` (the token or key is refused), `issue` (PayPal's 422
with `issue`, the others' `status` with code `issue`; Moov's status `issue`).
After the call has had its effect: `timeout_after`, `http_500_after`, `truncated`, and answers that are not true:
`wrong_amount`, `wrong_currency`, `wrong_account`, `wrong_reference`, `padded_amount`, `unknown_status`.
`slow` only delays by `seconds`. `capture_status` makes a capture or a refund end as `status` (PENDING, DECLINED).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, request

from tests.simulators.payments.state import State

BEFORE = frozenset({"timeout_before", "http_500", "http_503", "http_429", "html", "token_401", "issue"})
AFTER = frozenset({"timeout_after", "http_500_after", "truncated"})
DISTORTIONS = frozenset(
    {"wrong_amount", "wrong_currency", "wrong_account", "wrong_reference", "padded_amount", "unknown_status"}
)
KINDS = BEFORE | AFTER | DISTORTIONS | {"slow", "capture_status"}
PROVIDERS = frozenset({"paypal", "momo", "stripe", "wave", "orange", "moov"})
DEFAULT_SECONDS = 30.0
HTML_PAGE = "<!doctype html><title>Gateway</title><h1>Upstream error</h1>"

Fault = dict[str, Any]
View = Callable[..., Response]


class Faults:
    """The faults that are waiting for a call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def plan(self, fault: Fault) -> None:
        """Add a fault; raises ValueError for one that could never happen."""
        if fault.get("kind") not in KINDS or fault.get("provider") not in PROVIDERS:
            raise ValueError(f"unknown fault {fault!r}")
        with self._lock:
            self._waiting.append({"operation": "*", "times": 1, **fault})

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._waiting.clear()

    def take(self, provider: str, operation: str) -> Fault | None:
        """The first fault for this call, used up by one."""
        with self._lock:
            for fault in self._waiting:
                if fault["provider"] == provider and fault["operation"] in ("*", operation):
                    fault["times"] -= 1
                    if fault["times"] <= 0:
                        self._waiting.remove(fault)
                    return dict(fault)
        return None


def operation(
    provider: str,
    name: str,
    *,
    refuse: Callable[[Fault], Response],
    distort: Callable[[Fault, dict[str, Any]], None],
    read: Callable[[bytes], dict[str, Any]] = json.loads,
    write: Callable[[dict[str, Any]], str] = json.dumps,
) -> Callable[[View], View]:
    """Count the calls of a view under `provider.name`, and let a planned fault happen to them.

    `read` and `write` are the provider's format, for answers that are made untrue.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def with_faults(*args: str, **kwargs: str) -> Response:
            state: State = current_app.extensions["state"]
            state.note_call(f"{provider}.{name}", [key for key, _ in request.headers], request.user_agent.string)
            fault = current_app.extensions["faults"].take(provider, name)
            if fault is None:
                return view(*args, **kwargs)
            seconds = float(fault.get("seconds", DEFAULT_SECONDS))
            kind = fault["kind"]
            if kind in BEFORE:
                return _instead(fault, kind, seconds, refuse)
            if kind == "slow":
                time.sleep(seconds)
            if kind == "capture_status":
                kwargs["forced_status"] = fault["status"]
            response = view(*args, **kwargs)
            if kind in DISTORTIONS and response.status_code < 300 and response.data:
                document = read(response.get_data())
                distort(fault, document)
                response.set_data(write(document))
            return _spoiled(kind, seconds, response)

        return with_faults

    return decorate


def _instead(fault: Fault, kind: str, seconds: float, refuse: Callable[[Fault], Response]) -> Response:
    if kind == "timeout_before":
        time.sleep(seconds)
        return Response("", status=504)
    if kind == "html":
        return Response(HTML_PAGE, status=int(fault.get("status", 200)), mimetype="text/html")
    if kind in ("token_401", "issue"):
        return refuse(fault)
    return Response(json.dumps({"message": "simulated"}), status=int(kind[-3:]), mimetype="application/json")


def _spoiled(kind: str, seconds: float, response: Response) -> Response:
    if kind == "timeout_after":
        time.sleep(seconds)
    elif kind == "http_500_after":
        return Response(json.dumps({"message": "simulated"}), status=500, mimetype="application/json")
    elif kind == "truncated":
        response.set_data(response.get_data()[: len(response.get_data()) // 2])
    return response
