"""A real simulator process for the provider clients, and a listener for the webhooks it sends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from billing.money import Money
from billing.providers.base import Attempt
from billing.providers.momo import MomoConfig, MomoProvider
from billing.providers.moov import MoovConfig, MoovProvider
from billing.providers.orange_money import OrangeMoneyConfig, OrangeMoneyProvider
from billing.providers.paypal import PayPalConfig, PayPalProvider
from billing.providers.stripe import StripeConfig, StripeProvider
from billing.providers.wave import WaveConfig, WaveProvider
from billing.tests.providers.support import FAST, AttemptMaker, Listener, MomoMaker, RawServer, Received
from tests.simulators.payments.runner import SimulatorHandle


@pytest.fixture
def simulator(simulator_of_session: SimulatorHandle) -> SimulatorHandle:
    """The simulator, with nothing in it and sending no webhooks."""
    simulator_of_session.reset()
    for provider in ("paypal", "stripe", "wave"):
        simulator_of_session.set_webhook(provider, "")
    simulator_of_session.set_momo_callback_host("")
    return simulator_of_session


@pytest.fixture
def paypal_config(simulator: SimulatorHandle) -> PayPalConfig:
    """A PayPal configuration that reaches the simulator."""
    return PayPalConfig(**simulator.paypal_settings(), brand_name="Baobab", **FAST)


@pytest.fixture
def paypal(paypal_config: PayPalConfig) -> PayPalProvider:
    """The real PayPal client on the simulator."""
    return PayPalProvider(paypal_config)


@pytest.fixture
def make_momo(simulator: SimulatorHandle) -> MomoMaker:
    """Build MTN clients: Cameroon by default, other fields by name."""

    def make(**changes: Any) -> MomoProvider:
        values = {
            **simulator.momo_settings(),
            "target_environment": "mtncameroon",
            "currency": "XAF",
            **FAST,
            **changes,
        }
        return MomoProvider(MomoConfig(**values))

    return make


@pytest.fixture
def momo(make_momo: MomoMaker) -> MomoProvider:
    """The real MTN client on the simulator."""
    return make_momo()


@pytest.fixture
def stripe(simulator: SimulatorHandle) -> StripeProvider:
    """The real Stripe client on the simulator."""
    return StripeProvider(StripeConfig(**simulator.stripe_settings(), **FAST))


@pytest.fixture
def wave(simulator: SimulatorHandle) -> WaveProvider:
    """The real Wave client on the simulator: a wallet in XOF."""
    return WaveProvider(WaveConfig(**simulator.wave_settings(), **FAST))


@pytest.fixture
def orange(simulator: SimulatorHandle) -> OrangeMoneyProvider:
    """The real Orange client on the simulator: a merchant in Côte d'Ivoire."""
    config = OrangeMoneyConfig(**simulator.orange_settings(), country="ci", currency="XOF", **FAST)
    return OrangeMoneyProvider(config)


@pytest.fixture
def moov(simulator: SimulatorHandle) -> MoovProvider:
    """The real Moov client on the simulator: a merchant in Benin."""
    return MoovProvider(MoovConfig(**simulator.moov_settings(), **FAST))


@pytest.fixture
def raw_server() -> Iterator[RawServer]:
    """A server that says whatever it is told to."""
    server = RawServer()
    yield server
    server.close()


@pytest.fixture
def make_attempt() -> AttemptMaker:
    """Build attempts: 25 000 XAF by default, other fields by name."""

    def make(**changes: Any) -> Attempt:
        values: dict[str, Any] = {
            "id": uuid4(),
            "order_number": "BAO-2026-000042",
            "idempotency_key": uuid4(),
            "charge": Money(25_000, "XAF"),
            "description": "Abonnement Pro, un mois",
            "locale": "fr",
            "phone": "237670000001",
            "return_url": "http://localhost:8000/orders/42/return/?from=paypal",
            "cancel_url": "http://localhost:8000/orders/42/cancel/",
            **changes,
        }
        return Attempt(**values)

    return make


@pytest.fixture
def euros(make_attempt: AttemptMaker) -> Attempt:
    """An attempt of 38,11 € for PayPal."""
    return make_attempt(charge=Money(3811, "EUR"))


@pytest.fixture
def francs(make_attempt: AttemptMaker) -> Attempt:
    """An attempt of 25 000 XOF by a payer in Benin."""
    return make_attempt(charge=Money(25_000, "XOF"), phone="2290197000001")


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Somebody who can be called on this machine."""
    heard = Listener("")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with heard.arrived:
                status = heard.answers.pop(0) if heard.answers else 200
                heard.received.append(Received(self.command, self.path, dict(self.headers), body))
                heard.arrived.notify_all()
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    for method in ("GET", "POST", "PUT"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_address[1]}/hook/"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield heard
    server.shutdown()
    server.server_close()
