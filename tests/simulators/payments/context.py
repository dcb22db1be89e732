"""The parts of the running simulator, for its views."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

from flask import Response, current_app

from tests.simulators.payments.faults import Faults
from tests.simulators.payments.settings import Settings
from tests.simulators.payments.state import State
from tests.simulators.payments.webhooks import Sender, Signer


def state() -> State:
    """What is known."""
    return current_app.extensions["state"]


def settings() -> Settings:
    """How the simulator was started."""
    return current_app.extensions["settings"]


def faults() -> Faults:
    """The faults that are waiting."""
    return current_app.extensions["faults"]


def sender() -> Sender:
    """Who sends webhooks and callbacks."""
    return current_app.extensions["sender"]


def signer() -> Signer:
    """PayPal's key."""
    return current_app.extensions["signer"]


def answer(document: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(document), status=status, mimetype="application/json")


def basic_credentials(header: str | None) -> str:
    """`user:secret` of a Basic header; "" for anything else."""
    kind, _, value = (header or "").partition(" ")
    if kind != "Basic":
        return ""
    try:
        return b64decode(value, validate=True).decode()
    except ValueError:
        return ""
