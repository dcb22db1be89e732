"""Every way to pay, as the contract tests handle it: how to make a client, have it paid, and what the provider got."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from billing.money import Money
from billing.providers.bank_transfer import BankTransferConfig, BankTransferProvider
from billing.providers.base import Attempt, ManualDecision, Provider
from billing.providers.momo import MomoConfig, MomoProvider
from billing.providers.moov import MoovConfig, MoovProvider
from billing.providers.orange_money import OrangeMoneyConfig, OrangeMoneyProvider
from billing.providers.paypal import PayPalConfig, PayPalProvider
from billing.providers.stripe import StripeConfig, StripeProvider
from billing.providers.wave import WaveConfig, WaveProvider
from billing.tests.providers.support import FAST
from tests.simulators.payments.runner import SimulatorHandle

PHONE = "2290197000001"


@dataclass(frozen=True, slots=True)
class Rail:
    """One provider. `operations` are the simulator's names of the calls that `start` and `fetch` make."""

    name: str
    charge: Money
    operations: tuple[str, str]
    make: Callable[..., Provider]
    pay: Callable[[SimulatorHandle, Provider, Attempt], object]
    asked: Callable[[SimulatorHandle], int]
    secrets: tuple[str, ...] = ()
    token: str = ""  # the operation that fetches an access token

    def attempt(self, **changes: Any) -> Attempt:
        """An attempt that this provider takes."""
        values: dict[str, Any] = {
            "id": uuid4(),
            "order_number": "BAO-2026-000042",
            "idempotency_key": uuid4(),
            "charge": self.charge,
            "description": "Abonnement d'un mois",
            "locale": "fr",
            "phone": PHONE,
            "return_url": "http://localhost:8000/return/",
            "cancel_url": "http://localhost:8000/cancel/",
            "callback_url": "http://localhost:8000/hook/",
            **changes,
        }
        return Attempt(**values)


def _paypal(simulator: SimulatorHandle, **changes: Any) -> Provider:
    return PayPalProvider(PayPalConfig(**{**simulator.paypal_settings(), **FAST, **changes}))


def _momo(simulator: SimulatorHandle, **changes: Any) -> Provider:
    there = {"target_environment": "mtnbenin", "currency": "XOF"}
    return MomoProvider(MomoConfig(**{**simulator.momo_settings(), **there, **FAST, **changes}))


def _stripe(simulator: SimulatorHandle, **changes: Any) -> Provider:
    return StripeProvider(StripeConfig(**{**simulator.stripe_settings(), **FAST, **changes}))


def _wave(simulator: SimulatorHandle, **changes: Any) -> Provider:
    return WaveProvider(WaveConfig(**{**simulator.wave_settings(), **FAST, **changes}))


def _orange(simulator: SimulatorHandle, **changes: Any) -> Provider:
    there = {"country": "ci", "currency": "XOF"}
    return OrangeMoneyProvider(OrangeMoneyConfig(**{**simulator.orange_settings(), **there, **FAST, **changes}))


def _moov(simulator: SimulatorHandle, **changes: Any) -> Provider:
    return MoovProvider(MoovConfig(**{**simulator.moov_settings(), **FAST, **changes}))


def _pay_paypal(simulator: SimulatorHandle, provider: Provider, attempt: Attempt) -> None:
    simulator.approve_paypal(attempt.provider_ref)
    provider.capture(attempt)


def _bank(_: SimulatorHandle, **changes: Any) -> Provider:
    return BankTransferProvider(
        BankTransferConfig(bank_name="Banque", account_name="Boutique", iban="BJ66BJ0610100100")
    )


HTTP_RAILS = [
    Rail(
        name="paypal",
        charge=Money(3811, "EUR"),
        operations=("create_order", "get_order"),
        make=_paypal,
        pay=_pay_paypal,
        asked=lambda simulator: len(simulator.state()["paypal"]["orders"]),
        secrets=("demo-secret", "A21AA"),
        token="token",
    ),
    Rail(
        name="momo",
        charge=Money(25_000, "XOF"),
        operations=("request_to_pay", "get_request"),
        make=_momo,
        pay=lambda simulator, _, attempt: simulator.decide_momo(attempt.provider_ref, "SUCCESSFUL"),
        asked=lambda simulator: len(simulator.state()["momo"]["requests"]),
        secrets=("demo-api-key", "demo-collection-key", "demo-disbursement"),
        token="token",
    ),
    Rail(
        name="stripe",
        charge=Money(25_000, "XOF"),
        operations=("create_session", "get_session"),
        make=_stripe,
        pay=lambda simulator, _, attempt: simulator.decide("stripe", attempt.provider_ref, action="pay"),
        asked=lambda simulator: len(simulator.tenants()["stripe"]),
        secrets=("sk_test_simulator", "whsec_simulator"),
    ),
    Rail(
        name="wave",
        charge=Money(25_000, "XOF"),
        operations=("create_session", "get_session"),
        make=_wave,
        pay=lambda simulator, _, attempt: simulator.decide("wave", attempt.provider_ref, action="pay"),
        asked=lambda simulator: len(simulator.tenants()["wave"]),
        secrets=("wave_sn_simulator", "WHS_simulator"),
    ),
    Rail(
        name="orange",
        charge=Money(25_000, "XOF"),
        operations=("webpayment", "status"),
        make=_orange,
        pay=lambda simulator, _, attempt: simulator.decide("orange", attempt.provider_ref, status="SUCCESS"),
        asked=lambda simulator: len(simulator.tenants()["orange"]),
        secrets=("orange-secret", "orange-merchant-key"),
        token="token",
    ),
    Rail(
        name="moov",
        charge=Money(25_000, "XOF"),
        operations=("push", "status"),
        make=_moov,
        pay=lambda simulator, _, attempt: simulator.decide("moov", attempt.provider_ref, status="0"),
        asked=lambda simulator: len(simulator.tenants()["moov"]),
        secrets=("moov-opaque-token",),
    ),
]
BANK = Rail(
    name="bank",
    charge=Money(25_000, "XOF"),
    operations=("", ""),
    make=_bank,
    pay=lambda *_: None,
    asked=lambda _: 1,
)


def decided(rail: Rail, attempt: Attempt) -> Attempt:
    """A transfer's attempt as a person decided on it; any other as it was."""
    if rail is not BANK:
        return attempt
    verdict = ManualDecision(
        approved=True,
        received=attempt.charge,
        reference=attempt.order_number,
        decided_at=datetime(2026, 11, 21, tzinfo=UTC),
    )
    return replace(attempt, decision=verdict)
