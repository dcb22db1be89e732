"""The simulator as a Flask application. It imports nothing of the product: they meet over HTTP only."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from tests.simulators.payments import (
    control,
    control_reversals,
    control_tenants,
    momo,
    moov,
    orange,
    pages,
    pages_tenants,
    paypal,
    paypal_reversals,
    stripe,
    wave,
)
from tests.simulators.payments.faults import Faults
from tests.simulators.payments.momo_requests import Requests
from tests.simulators.payments.settings import Settings
from tests.simulators.payments.state import State
from tests.simulators.payments.webhooks import Sender, Signer

MAX_BODY_BYTES = 512 * 1024


def create_app(settings: Settings, *, state_path: Path | None = None) -> Flask:
    """One simulator with its own state."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    state = State(state_path)
    signer = Signer(state)
    sender = Sender(state, signer, settings)
    app.extensions |= {
        "settings": settings,
        "state": state,
        "faults": Faults(),
        "signer": signer,
        "sender": sender,
        "momo": Requests(state, settings, sender),
    }
    for module in (paypal, paypal_reversals, momo, stripe, wave, orange, moov):
        app.register_blueprint(module.blueprint)
    for module in (pages, pages_tenants, control, control_reversals, control_tenants):
        app.register_blueprint(module.blueprint)
    return app
