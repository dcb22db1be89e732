"""Case 19: every amount reaches every provider to the unit, in the provider's own digits, or is not sent at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from billing.money import EXPONENTS, Money
from billing.providers import reasons
from billing.providers.base import Outcome, ProviderRefused
from billing.providers.paypal import PayPalConfig, PayPalProvider
from billing.providers.paypal_reading import amount_of
from billing.providers.stripe import StripeConfig, StripeProvider
from billing.providers.stripe_reading import CHARGED_IN
from billing.tests.providers.rails import HTTP_RAILS, Rail
from billing.tests.providers.support import started
from tests.simulators.payments.runner import SimulatorHandle

RAILS = {rail.name: rail for rail in HTTP_RAILS}
FIVE_THOUSAND = {"XAF": 5_000, "XOF": 5_000, "EUR": 762, "USD": 1_999, "JPY": 5_000}

# What the provider is sent for FIVE_THOUSAND; None where the account does not take the currency.
SENT: dict[str, dict[str, object]] = {
    "paypal": {"XAF": None, "XOF": None, "EUR": "7.62", "USD": "19.99", "JPY": "5000"},
    "momo": {"XAF": "5000", "XOF": "5000", "EUR": "7.62", "USD": None, "JPY": None},
    "stripe": {"XAF": 5_000, "XOF": 5_000, "EUR": 762, "USD": 1_999, "JPY": 5_000},
    "wave": {"XAF": None, "XOF": "5000", "EUR": None, "USD": None, "JPY": None},
    "orange": {"XAF": 5_000, "XOF": 5_000, "EUR": None, "USD": None, "JPY": None},
    "moov": {"XAF": None, "XOF": "5000", "EUR": None, "USD": None, "JPY": None},
}
ACCOUNTS: dict[tuple[str, str], dict[str, str]] = {
    ("momo", "XAF"): {"target_environment": "mtncameroon", "currency": "XAF"},
    ("momo", "XOF"): {"target_environment": "mtnbenin", "currency": "XOF"},
    ("momo", "EUR"): {"target_environment": "sandbox", "currency": "EUR"},
    ("orange", "XAF"): {"country": "cm", "currency": "XAF"},
}
SEEN: dict[str, Callable[[SimulatorHandle], object]] = {
    "paypal": lambda simulator: next(iter(simulator.state()["paypal"]["orders"].values()))["value"],
    "momo": lambda simulator: next(iter(simulator.state()["momo"]["requests"].values()))["amount"],
    "stripe": lambda simulator: next(iter(simulator.tenants()["stripe"].values()))["amount_total"],
    "wave": lambda simulator: next(iter(simulator.tenants()["wave"].values()))["amount"],
    "orange": lambda simulator: next(iter(simulator.tenants()["orange"].values()))["amount"],
    "moov": lambda simulator: next(iter(simulator.tenants()["moov"].values()))["amount"],
}


@pytest.mark.parametrize("currency", FIVE_THOUSAND)
@pytest.mark.parametrize("rail", HTTP_RAILS, ids=lambda rail: rail.name)
def test_what_is_sent_and_what_comes_back(rail: Rail, simulator: SimulatorHandle, currency: str) -> None:
    provider = rail.make(simulator, **ACCOUNTS.get((rail.name, currency), {}))
    charge, sent = Money(FIVE_THOUSAND[currency], currency), SENT[rail.name][currency]
    attempt = rail.attempt(charge=charge)
    if sent is None:
        with pytest.raises(ProviderRefused) as refused:
            provider.start(attempt)
        assert refused.value.reason == reasons.NOT_TAKEN
        assert rail.asked(simulator) == 0
        return
    attempt = started(provider, attempt)
    seen = SEEN[rail.name](simulator)
    assert (seen, type(seen)) == (sent, type(sent))
    rail.pay(simulator, provider, attempt)
    state = provider.fetch(attempt)
    assert (state.outcome, state.amount) == (Outcome.SUCCEEDED, charge)
    if not provider.capabilities.refunds:
        return
    refund = provider.refund(attempt, transaction_ref=state.transaction_ref, amount=charge, key=uuid4())
    assert (refund.outcome, refund.amount) == (Outcome.SUCCEEDED, charge)
    taken_back = provider.fetch_reversals(attempt, transaction_ref=state.transaction_ref).refunded
    assert taken_back in (charge, None)  # None: the provider has no way to ask


@pytest.mark.parametrize(
    ("money", "value"),
    [
        (Money(5_000, "JPY"), "5000"),
        (Money(150_000, "HUF"), "1500"),
        (Money(100, "TWD"), "1"),
        (Money(762, "EUR"), "7.62"),
        (Money(5, "EUR"), "0.05"),
        (Money(700, "USD"), "7.00"),
    ],
)
def test_paypals_own_decimals(simulator: SimulatorHandle, money: Money, value: str) -> None:
    """The simulator refuses decimals of forint, yen and Taiwan dollar, as PayPal does."""
    assert amount_of(money) == {"currency_code": money.currency, "value": value}
    provider = PayPalProvider(PayPalConfig(**simulator.paypal_settings()))
    attempt = started(provider, RAILS["paypal"].attempt(charge=money))
    simulator.approve_paypal(attempt.provider_ref)
    assert provider.capture(attempt).amount == money


@pytest.mark.parametrize("money", [Money(150_050, "HUF"), Money(199, "TWD")])
def test_paypal_is_never_sent_a_rounded_amount(simulator: SimulatorHandle, money: Money) -> None:
    provider = PayPalProvider(PayPalConfig(**simulator.paypal_settings()))
    with pytest.raises(ProviderRefused) as refused:
        provider.start(RAILS["paypal"].attempt(charge=money))
    assert refused.value.reason == reasons.NOT_TAKEN
    with pytest.raises(ProviderRefused):
        provider.refund(RAILS["paypal"].attempt(), transaction_ref="C", amount=money, key=uuid4())
    assert simulator.state()["calls"] == {}


@pytest.mark.parametrize(
    ("money", "units"),
    [
        (Money(12_340, "TND"), 12_340),
        (Money(150_050, "HUF"), 150_050),
        (Money(19_900, "TWD"), 19_900),
        (Money(5_000, "GNF"), 5_000),
    ],
)
def test_stripe_counts_as_we_do(simulator: SimulatorHandle, money: Money, units: int) -> None:
    provider: Any = StripeProvider(StripeConfig(**simulator.stripe_settings()))
    attempt = started(provider, RAILS["stripe"].attempt(charge=money))
    assert SEEN["stripe"](simulator) == units
    simulator.decide("stripe", attempt.provider_ref, action="pay")
    assert provider.fetch(attempt).amount == money


def test_a_dinars_last_digit_is_not_rounded_for_stripe(simulator: SimulatorHandle) -> None:
    provider = StripeProvider(StripeConfig(**simulator.stripe_settings()))
    with pytest.raises(ProviderRefused) as refused:
        provider.start(RAILS["stripe"].attempt(charge=Money(12_345, "TND")))
    assert refused.value.reason == reasons.NOT_TAKEN
    assert simulator.tenants()["stripe"] == {}


def test_a_currency_is_not_taken_for_granted() -> None:
    """Whoever adds a currency decides how PayPal and Stripe count it."""
    assert set(EXPONENTS) == CHARGED_IN
    assert {code for code, exponent in EXPONENTS.items() if exponent == 0} == {"XAF", "XOF", "GNF", "JPY"}
    assert {code for code, exponent in EXPONENTS.items() if exponent == 3} == {"TND"}
