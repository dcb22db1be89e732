"""A payment provider whose answers a test decides: for random orders of events, where a server would be too slow."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import (
    Attempt,
    Capabilities,
    EventRef,
    Flow,
    InvalidSignature,
    Outcome,
    ProviderState,
    ProviderUnavailable,
    RefundState,
    Reversals,
    Started,
)


@dataclass
class ScriptedProvider:
    """Knows what it was asked for, and says what it is told to say. Money it took is never forgotten."""

    name: str = "paypal"
    taken: dict[UUID, Money] = field(default_factory=dict)
    failed: set[UUID] = field(default_factory=set)
    refunds: dict[UUID, RefundState] = field(default_factory=dict)
    refund_outcome: Outcome = Outcome.SUCCEEDED
    is_away: bool = False
    account: str = "scripted"
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(flow=Flow.REDIRECT, currencies=frozenset({"XAF", "XOF", "EUR"}))
    )

    def reference_for(self, attempt: Attempt) -> str:
        return str(attempt.id)

    def start(self, attempt: Attempt) -> Started:
        self._answer()
        return Started(provider_ref=str(attempt.id), redirect_url="https://pay.example/")

    def fetch(self, attempt: Attempt) -> ProviderState:
        self._answer()
        if attempt.id in self.taken:
            return ProviderState(
                Outcome.SUCCEEDED, amount=self.taken[attempt.id], account=self.account, reference=str(attempt.id),
                transaction_ref=f"t-{attempt.id}",
            )  # fmt: skip
        if attempt.id in self.failed:
            return ProviderState(Outcome.FAILED, reason=reasons.DECLINED_BY_PAYER)
        return ProviderState(Outcome.PENDING)

    def capture(self, attempt: Attempt) -> ProviderState:
        return self.fetch(attempt)

    def refund(self, attempt: Attempt, *, transaction_ref: str, amount: Money, key: UUID) -> RefundState:
        self._answer()
        return self.refunds.setdefault(key, RefundState(self.refund_outcome, refund_ref=str(key), amount=amount))

    def fetch_refund(self, attempt: Attempt, *, refund_ref: str, key: UUID) -> RefundState:
        self._answer()
        return self.refunds.get(key, RefundState(Outcome.NOT_FOUND, refund_ref=refund_ref))

    def fetch_reversals(self, attempt: Attempt, *, transaction_ref: str) -> Reversals:
        return Reversals()

    def verify_webhook(self, *, headers: dict[str, str], body: bytes) -> EventRef:
        raise InvalidSignature(reasons.BAD_SIGNATURE)

    def check_health(self) -> None:
        self._answer()

    def _answer(self) -> None:
        if self.is_away:
            raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE)
