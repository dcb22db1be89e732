"""What every way to pay offers, as values in and values out.

Providers speak HTTP and nothing else: they never see the database and import no models. A caller commits the
attempt (with its idempotency key) before it calls, and holds no transaction open while it calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from billing.money import Money


class Flow(StrEnum):
    """How the payer is brought to pay."""

    REDIRECT = "redirect"  # leaves for the provider's page and comes back
    PUSH = "push"  # approves on a phone while our page waits
    MANUAL = "manual"  # pays elsewhere and sends a proof that a person checks


class Outcome(StrEnum):
    """What a provider says of an attempt when asked."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"  # nothing final: also every unknown answer, time-out and 5xx
    FAILED = "failed"  # the provider says for certain that no money moved
    NOT_FOUND = "not_found"  # the provider does not know the attempt (yet)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Where a provider can be used; amounts are checked in the order's currency before an attempt is made."""

    flow: Flow
    currencies: frozenset[str]
    needs_phone: bool = False
    minimum: dict[str, int] = field(default_factory=dict)  # minor units per currency
    attempt_lifetime_seconds: int = 3600
    refunds: bool = True  # without it a person sends the money back


@dataclass(frozen=True, slots=True)
class ManualDecision:
    """A platform admin's verdict on a transfer, the only truth the transfer provider has."""

    approved: bool
    received: Money | None
    reference: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to pay, as a provider needs to know it.

    `idempotency_key` was committed before the first call and never changes. `charge` is what the provider is asked
    for (euros for PayPal); `provider_ref` is the provider's own id once known.
    """

    id: UUID
    order_number: str
    idempotency_key: UUID
    charge: Money
    description: str
    locale: str
    provider_ref: str = ""
    phone: str = field(default="", repr=False)  # digits with country code, no plus sign
    return_url: str = ""
    cancel_url: str = ""
    callback_url: str = ""
    started_at: datetime | None = None
    decision: ManualDecision | None = None
    notification_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Started:
    """The provider accepted the attempt: where the payer goes next."""

    provider_ref: str
    redirect_url: str = ""
    instructions: dict[str, str] = field(default_factory=dict)
    notification_secret: str = field(default="", repr=False)  # what the provider's notices will show (Orange Money)


@dataclass(frozen=True, slots=True)
class ProviderState:
    """The provider's answer about an attempt. Amounts are what the provider says, never what we hoped for."""

    outcome: Outcome
    amount: Money | None = None
    account: str = ""  # the payee or target environment the money went to
    reference: str = ""  # our own reference, echoed (custom_id, externalId, transfer reference)
    provider_ref: str = ""
    transaction_ref: str = ""  # the money movement itself: PayPal's capture, MTN's financial transaction
    reason: str = ""  # one of billing.providers.reasons when FAILED or when something is unusual
    fee: Money | None = None
    awaiting_capture: bool = False  # the payer has approved; `capture` takes the money (PayPal)


class EventKind(StrEnum):
    """What a webhook is about, and so what the provider has to be asked: `fetch`, `fetch_refund`, `fetch_reversals`."""

    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class EventRef:
    """What a verified webhook or callback points at. It never carries money: the provider is asked again.

    The payment is found by `provider_ref` or `attempt_id`, else by `transaction_ref`, the money movement that a refund
    or a dispute is about.
    """

    event_id: str
    event_type: str
    provider_ref: str = ""
    attempt_id: UUID | None = None
    kind: EventKind = EventKind.PAYMENT
    transaction_ref: str = ""


@dataclass(frozen=True, slots=True)
class RefundState:
    """The provider's answer about a refund."""

    outcome: Outcome
    refund_ref: str
    amount: Money | None = None
    reason: str = ""


class DisputeStatus(StrEnum):
    """Where a dispute stands, seen from who was paid."""

    OPEN = "open"  # also every status we do not know: a person looks at it
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class DisputeState:
    """A payer's complaint about a payment, or a chargeback of the payer's bank. `amount` is what is in dispute, or was lost."""

    dispute_ref: str
    status: DisputeStatus
    amount: Money | None = None
    reason: str = ""  # the provider's own word for it


@dataclass(frozen=True, slots=True)
class Reversals:
    """What the provider says was taken back of a captured payment in all, whoever began it.

    `refunded` is in the payment's currency, without money that a dispute took; None when the provider cannot say.
    """

    refunded: Money | None = None
    disputes: tuple[DisputeState, ...] = ()


class ProviderError(Exception):
    """A call did not end as it should; `reason` is one of billing.providers.reasons."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class ProviderUnavailable(ProviderError):
    """Time-out, connection error, 429 or 5xx: the outcome is unknown and the attempt stays pending."""


class ProviderRefused(ProviderError):
    """A clear refusal before any money moved (4xx): the attempt has failed."""


class InvalidSignature(ProviderError):
    """A webhook that the provider did not send."""


class Provider(Protocol):
    """One way to pay. All methods may raise ProviderUnavailable; `start` and `refund` also ProviderRefused."""

    name: str
    capabilities: Capabilities

    @property
    def account(self) -> str:
        """The payee we expect money to reach; frozen on each attempt and compared on success."""

    def reference_for(self, attempt: Attempt) -> str:
        """Our reference as the provider echoes it; `ProviderState.reference` must equal it on success."""

    def start(self, attempt: Attempt) -> Started:
        """Ask for the money. Safe to repeat with the same attempt: the idempotency key makes it one request."""

    def fetch(self, attempt: Attempt) -> ProviderState:
        """Ask what became of the attempt, without changing anything at the provider."""

    def capture(self, attempt: Attempt) -> ProviderState:
        """Take money that the payer has approved (PayPal); elsewhere the same as `fetch`. Safe to repeat."""

    def refund(self, attempt: Attempt, *, transaction_ref: str, amount: Money, key: UUID) -> RefundState:
        """Give money back. Safe to repeat with the same key."""

    def fetch_refund(self, attempt: Attempt, *, refund_ref: str, key: UUID) -> RefundState:
        """Ask what became of a refund, without changing anything at the provider.

        `refund_ref` is what `refund` answered, "" when its answer was lost. NOT_FOUND then says only that it cannot be
        found by its key: `refund` with the same key finds or makes it.
        """

    def fetch_reversals(self, attempt: Attempt, *, transaction_ref: str) -> Reversals:
        """Ask what was given back or is disputed of a captured payment, refunds made at the provider's site included."""

    def verify_webhook(
        self,
        *,
        headers: dict[str, str],
        body: bytes,
        attempt: Attempt | None = None,
        received_at: datetime | None = None,
    ) -> EventRef:
        """Check that the provider sent this, and say what it is about; raises InvalidSignature.

        `attempt` is the one that the address named, for providers whose messages name none; `received_at` is when the
        message came (now, if not given), for signatures that hold five minutes: a stored message is judged by it.
        """

    def check_health(self) -> None:
        """Raise ProviderUnavailable or ProviderRefused when the account cannot take payments now."""
