"""A product that asks for money, and ways to pay it on the simulator."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.http import Http404

from billing.money import Money
from shared_apps.accounts.models import User
from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import connection
from tenant_apps.payments import bills
from tenant_apps.payments.bills import Bill
from tenant_apps.payments.models import Method, Payment, Refund
from tenant_apps.payments.services import methods
from tenant_apps.payments.services.starting import start_payment
from tests.simulators.payments.runner import SimulatorHandle, momo_credentials, paypal_credentials

PURPOSE = "test.thing"
PHONES = {"mtn_momo": "670000001", "moov": "0197000001"}


@dataclass
class Thing:
    """What is for sale."""

    due: Money
    number: str = "202611220001"
    payable: bool = True


@dataclass
class FakePayee:
    """A product's side, kept in memory; its lock is a real one."""

    purpose: str = PURPOSE
    things: dict[UUID, Thing] = field(default_factory=dict)
    began: list[UUID] = field(default_factory=list)
    took: list[tuple[UUID, Money]] = field(default_factory=list)
    gave: list[tuple[UUID, Money]] = field(default_factory=list)
    locks: bool = True
    refusal: DomainError | None = None
    slow: float = 0.0
    tells: bool = True  # whether it writes to payers itself
    email: str = "awa@example.org"

    def __post_init__(self) -> None:
        self._mutex = threading.Lock()

    def sell(self, amount: Money, **values: Any) -> UUID:
        """Something new that costs so much."""
        subject = uuid.uuid4()
        self.things[subject] = Thing(amount, **values)
        return subject

    def lock(self, subject: UUID) -> None:
        if subject not in self.things:
            raise Http404
        if self.locks:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{connection.schema_name}{subject}"])

    def bill_of(self, subject: UUID) -> Bill:
        thing = self.things.get(subject)
        if thing is None:
            raise Http404
        return Bill(
            self.purpose, subject, thing.number, thing.due, "Deux pagnes wax", "fr", payable=thing.payable,
            why_not="" if thing.payable else "C’est déjà payé.", return_path="/",
            email=self.email, name="Awa", seller="Wouri Mode",
        )  # fmt: skip

    def started(self, payment: Payment) -> None:
        assert connection.in_atomic_block
        if self.refusal:
            raise self.refusal
        self.began.append(payment.pk)

    def paid(self, payment: Payment, *, amount: Money) -> bool:
        assert connection.in_atomic_block
        time.sleep(self.slow)
        with self._mutex:
            self.took.append((payment.pk, amount))
            thing = self.things[payment.subject]
            left = thing.due.minor - amount.minor
            thing.due = Money(max(0, left), thing.due.currency)
            thing.payable = left > 0
        return self.tells

    def refunded(self, refund: Refund, *, amount: Money) -> bool:
        assert connection.in_atomic_block
        self.gave.append((refund.pk, amount))
        return self.tells


@pytest.fixture
def payee(monkeypatch: pytest.MonkeyPatch) -> FakePayee:
    """Registered for the test only."""
    fake = FakePayee()
    monkeypatch.setitem(bills._payees, fake.purpose, fake)
    return fake


def owner() -> User:
    """Of the current tenant."""
    return User.objects.filter(is_staff=True).order_by("date_joined", "pk")[0]


def keys_of(name: str, simulator: SimulatorHandle | None) -> dict[str, str]:
    """What a tenant would type to reach the simulator."""
    if name == "bank_transfer":
        return {"bank_name": "Ecobank", "account_name": "Wouri Mode", "iban": "CM21 1000 5000"}
    if name == "cash":
        return {}
    assert simulator is not None
    found = {
        "paypal": paypal_credentials,
        "mtn_momo": lambda: {**momo_credentials(), "target_environment": "mtncameroon", "platform": "africa"},
        "stripe": simulator.stripe_settings,
        "wave": simulator.wave_settings,
        "orange_money": lambda: {**simulator.orange_settings(), "country": "ci"},
        "moov": lambda: {**simulator.moov_settings(), "country": "bj"},
    }[name]()
    return {key: value for key, value in found.items() if key != "base_url"}


def set_up(name: str, simulator: SimulatorHandle | None = None, **changes: Any) -> Method:
    """A way to pay of the current tenant that reaches the simulator."""
    values = {"is_active": True, "is_test": name in ("stripe", "paypal"), **changes}
    return methods.save_method(name=name, values=keys_of(name, simulator), by=owner(), **values)


def price_for(name: str) -> Money:
    """What a thing costs in a currency that the way to pay takes on the simulator."""
    return Money(25_000, "XOF" if name in ("wave", "orange_money", "moov") else "XAF")


def begin(name: str, payee: FakePayee, simulator: SimulatorHandle | None = None, **changes: Any) -> Payment:
    """An attempt to pay a new thing by a way that is set up for it."""
    if not Method.objects.filter(pk=name).exists():
        set_up(name, simulator)
    subject = changes.pop("subject", None) or payee.sell(changes.pop("price", price_for(name)))
    return start_payment(purpose=PURPOSE, subject=subject, method=name, phone=PHONES.get(name, ""), **changes)


def approve(payment: Payment, simulator: SimulatorHandle) -> None:
    """The payer does what there is to do."""
    if payment.method == "paypal":
        simulator.approve_paypal(payment.provider_ref)
    elif payment.method == "mtn_momo":
        simulator.decide_momo(str(payment.idempotency_key), "SUCCESSFUL")
    elif payment.method in ("stripe", "wave"):
        simulator.decide(payment.method, payment.provider_ref, action="pay")
    elif payment.method == "orange_money":
        simulator.decide("orange", payment.provider_ref, status="SUCCESS")
    else:
        simulator.decide("moov", str(payment.idempotency_key), status="0")
