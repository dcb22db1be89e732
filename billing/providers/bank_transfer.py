"""Bank transfer: the payer sends money with our reference, and a platform admin says whether it came.

There is no provider to ask. The decision on the attempt is the only truth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.money import EXPONENTS, Money
from billing.providers import reasons
from billing.providers.base import (
    Attempt,
    Capabilities,
    EventRef,
    Flow,
    InvalidSignature,
    Outcome,
    ProviderRefused,
    ProviderState,
    RefundState,
    Reversals,
    Started,
)

TEN_DAYS = 10 * 24 * 3600


@dataclass(frozen=True, slots=True)
class BankTransferConfig:
    """The account money is sent to, as payers are told. An IBAN or an account number is required."""

    bank_name: str
    account_name: str
    iban: str = ""
    account_number: str = ""
    swift: str = ""
    branch: str = ""
    currencies: frozenset[str] = frozenset(EXPONENTS)
    attempt_lifetime_seconds: int = TEN_DAYS


class BankTransferProvider:
    """The Provider protocol for transfers."""

    name: str = "bank_transfer"

    def __init__(self, config: BankTransferConfig) -> None:
        self.config = config
        self.capabilities = Capabilities(
            flow=Flow.MANUAL,
            currencies=config.currencies,
            attempt_lifetime_seconds=config.attempt_lifetime_seconds,
            refunds=False,
        )

    @property
    def account(self) -> str:
        """The IBAN, or the account number where there is none, without spaces."""
        return re.sub(r"\s", "", self.config.iban or self.config.account_number)

    def reference_for(self, attempt: Attempt) -> str:
        """The reference a payer is asked to write on the transfer."""
        return attempt.order_number

    def start(self, attempt: Attempt) -> Started:
        """Say where to send the money; nothing leaves this process."""
        self.check_health()
        config = self.config
        instructions = {
            "bank_name": config.bank_name,
            "account_name": config.account_name,
            "iban": config.iban,
            "account_number": config.account_number,
            "swift": config.swift,
            "branch": config.branch,
            "reference": self.reference_for(attempt),
            "amount": attempt.charge.as_text(),
            "currency": attempt.charge.currency,
        }
        return Started(
            provider_ref=str(attempt.id),  # the reference to write is the order's, whose rest another transfer may pay
            instructions={key: value for key, value in instructions.items() if value},
        )

    def fetch(self, attempt: Attempt) -> ProviderState:
        """The admin's decision as a state. A rejected receipt leaves the attempt open: another may follow."""
        decision = attempt.decision
        if decision is None:
            return ProviderState(Outcome.PENDING, provider_ref=attempt.provider_ref)
        if not decision.approved:
            return ProviderState(Outcome.PENDING, provider_ref=attempt.provider_ref, reason=reasons.NOT_RECEIVED)
        return ProviderState(
            Outcome.SUCCEEDED,
            amount=decision.received,
            account=self.account,
            reference=decision.reference,
            provider_ref=attempt.provider_ref,
        )

    def capture(self, attempt: Attempt) -> ProviderState:
        """The same as `fetch`: a transfer has nothing to capture."""
        return self.fetch(attempt)

    def refund(self, attempt: Attempt, *, transaction_ref: str, amount: Money, key: UUID) -> RefundState:
        """Pending: a person sends the money back and records it."""
        return RefundState(Outcome.PENDING, refund_ref=str(key), amount=amount)

    def fetch_refund(self, attempt: Attempt, *, refund_ref: str, key: UUID) -> RefundState:
        """Pending, for ever: only the person who sent the money knows."""
        return RefundState(Outcome.PENDING, refund_ref=refund_ref or str(key))

    def fetch_reversals(self, attempt: Attempt, *, transaction_ref: str) -> Reversals:
        """Nothing: there is nobody to ask."""
        return Reversals()

    def verify_webhook(
        self,
        *,
        headers: dict[str, str],
        body: bytes,
        attempt: Attempt | None = None,
        received_at: datetime | None = None,
    ) -> EventRef:
        """Always InvalidSignature: no bank calls us."""
        raise InvalidSignature(reasons.BAD_SIGNATURE, "transfers have no webhooks")

    def check_health(self) -> None:
        """Raise ProviderRefused when payers could not be told where to send the money."""
        if not (self.account and self.config.bank_name and self.config.account_name):
            raise ProviderRefused(reasons.MISCONFIGURED, "the bank account is incomplete")
