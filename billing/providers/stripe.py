"""Stripe Checkout: a page of Stripe's where the payer pays by card and more, refunds, disputes, signed webhooks.

A payer who comes back from that page has not paid because of it: only the session's `payment_status` says so.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import (
    Attempt,
    Capabilities,
    EventRef,
    Flow,
    Outcome,
    ProviderRefused,
    ProviderState,
    ProviderUnavailable,
    RefundState,
    Reversals,
    Started,
)
from billing.providers.links import leads_to
from billing.providers.parsing import text_of, webhook_object
from billing.providers.signatures import check_signature
from billing.providers.stripe_api import LiveKeyRefused, Refusal, StripeConfig, stripe_client
from billing.providers.stripe_reading import (
    CHARGED_IN,
    account_of,
    dispute_of,
    event_ref,
    intent_of,
    refund_state_of,
    refunded_of,
    state_of_session,
    units_of,
)

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

__all__ = ["LiveKeyRefused", "StripeConfig", "StripeProvider"]

ONE_DAY = 24 * 3600  # a session's life at Stripe unless it is given another
NAME_LIMIT = 250
PAGE = 100
LOCALES: dict[str, Literal["fr", "en"]] = {"fr": "fr", "en": "en"}
WHOLE_PAYMENT = "payment_intent.latest_charge.balance_transaction"
REFUND_CODES = {
    "charge_already_refunded": reasons.AMOUNT_MISMATCH,
    "amount_too_large": reasons.AMOUNT_MISMATCH,
    "charge_disputed": reasons.BEING_REVIEWED,
    "insufficient_funds": reasons.INSUFFICIENT_FUNDS,
    "balance_insufficient": reasons.INSUFFICIENT_FUNDS,
}

logger = logging.getLogger("billing.providers.stripe")


class StripeProvider:
    """The Provider protocol for Stripe Checkout. One instance per Stripe account."""

    name: str = "stripe"
    capabilities = Capabilities(
        flow=Flow.REDIRECT,
        currencies=CHARGED_IN,
        minimum={"EUR": 50, "USD": 50, "JPY": 50, "HUF": 17_500},  # docs.stripe.com/currencies, minimum charges
        attempt_lifetime_seconds=ONE_DAY,
    )

    def __init__(self, config: StripeConfig) -> None:
        self.config = config
        self._stripe = stripe_client(config).v1

    @property
    def account(self) -> str:
        """ "live" or "test": a test payment never passes for money."""
        return account_of(self.config.is_live)

    def reference_for(self, attempt: Attempt) -> str:
        """Our `client_reference_id`."""
        return str(attempt.id)

    def start(self, attempt: Attempt) -> Started:
        """Make the session, or find the one made with the same key: Stripe keeps keys for a day."""
        params = self._session(attempt)
        try:
            made = self._stripe.checkout.sessions.create(params, {"idempotency_key": str(attempt.idempotency_key)})
        except Refusal as refusal:
            raise refusal.as_refused() from None
        session = made.to_dict()
        session_id, url = text_of(session.get("id")), text_of(session.get("url"), limit=2000)
        if not session_id:
            raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, "a session without id")
        if url and not leads_to(url, host_suffix=self.config.page_host_suffix, base_url=self.config.base_url):
            logger.error("pay page on a foreign host", extra={"provider": self.name})
            raise ProviderRefused(reasons.MISCONFIGURED, "the pay page is not Stripe's")
        return Started(provider_ref=session_id, redirect_url=url)

    def fetch(self, attempt: Attempt) -> ProviderState:
        """Read the session. An attempt whose session id never reached us is NOT_FOUND: `start` finds it by its key."""
        if not attempt.provider_ref:
            return ProviderState(Outcome.NOT_FOUND)
        session = self._session_in_full(attempt)
        if session is None:
            return ProviderState(Outcome.NOT_FOUND, provider_ref=attempt.provider_ref)
        return state_of_session(session)

    def capture(self, attempt: Attempt) -> ProviderState:
        """The same as `fetch`: Stripe takes the money when the payer confirms."""
        return self.fetch(attempt)

    def refund(self, attempt: Attempt, *, transaction_ref: str, amount: Money, key: UUID) -> RefundState:
        """Give back a part or all of a payment (`transaction_ref`).

        The refund carries our key, and is looked for by it first: Stripe itself forgets keys after a day.
        """
        units = units_of(amount)
        try:
            known = self._refund_by_key(transaction_ref, key)
            if known is not None:
                return refund_state_of(known)
            made = self._stripe.refunds.create(
                {
                    "payment_intent": transaction_ref,
                    "amount": units,
                    "metadata": {"key": str(key), "attempt_id": str(attempt.id)},
                },
                {"idempotency_key": str(key)},
            )
        except Refusal as refusal:
            unknown = reasons.MISCONFIGURED if refusal.status in (401, 403) else reasons.UNKNOWN
            raise refusal.as_refused(REFUND_CODES.get(refusal.code, unknown)) from None
        return refund_state_of(made.to_dict())

    def fetch_refund(self, attempt: Attempt, *, refund_ref: str, key: UUID) -> RefundState:
        """Read a refund, by its id or by the key it carries."""
        missing = RefundState(Outcome.NOT_FOUND, refund_ref=refund_ref)
        try:
            if refund_ref:
                return refund_state_of(self._stripe.refunds.retrieve(refund_ref).to_dict())
            session = self._session_in_full(attempt)
            known = self._refund_by_key(intent_of(session), key) if session and intent_of(session) else None
        except Refusal as refusal:
            if refusal.status == 404:
                return missing
            raise refusal.as_unknown() from None
        return missing if known is None else refund_state_of(known)

    def fetch_reversals(self, attempt: Attempt, *, transaction_ref: str) -> Reversals:
        """Read a payment's charge and its disputes: two calls."""
        try:
            intent = self._stripe.payment_intents.retrieve(transaction_ref, {"expand": ["latest_charge"]})
            disputes = self._stripe.disputes.list({"payment_intent": transaction_ref, "limit": PAGE})
        except Refusal as refusal:
            raise refusal.as_unknown() from None
        return Reversals(
            refunded=refunded_of(intent.to_dict()),
            disputes=tuple(dispute_of(dispute) for dispute in _items(disputes.to_dict())),
        )

    def verify_webhook(
        self,
        *,
        headers: dict[str, str],
        body: bytes,
        attempt: Attempt | None = None,
        received_at: datetime | None = None,
    ) -> EventRef:
        """Check Stripe's signature of the raw body, then read the event."""
        event = webhook_object(body)
        given = {name.lower(): value for name, value in headers.items()}
        check_signature(
            given.get("stripe-signature", ""),
            body=body,
            secret=self.config.webhook_secret,
            separator=b".",
            received_at=received_at,
        )
        return event_ref(event)

    def check_health(self) -> None:
        """Look for a session: it shows that Stripe answers, and that the key may do what it is for."""
        try:
            self._stripe.checkout.sessions.list({"limit": 1})
        except Refusal as refusal:
            raise ProviderRefused(reasons.MISCONFIGURED, refusal.detail) from None

    def _session(self, attempt: Attempt) -> SessionCreateParams:
        """What is asked for. The same to the letter for every call of an attempt, or Stripe refuses its key."""
        name = attempt.description[:NAME_LIMIT] or attempt.order_number
        carried = {"attempt_id": str(attempt.id), "order_number": attempt.order_number}
        params: SessionCreateParams = {
            "mode": "payment",
            "client_reference_id": self.reference_for(attempt),
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": attempt.charge.currency.lower(),
                        "unit_amount": units_of(attempt.charge),
                        "product_data": {"name": name},
                    },
                }
            ],
            "locale": LOCALES.get(attempt.locale[:2].lower(), "fr"),
            "metadata": carried,
            "payment_intent_data": {"description": name, "metadata": carried},
            "success_url": attempt.return_url,
        }
        if attempt.cancel_url:
            params["cancel_url"] = attempt.cancel_url
        return params

    def _session_in_full(self, attempt: Attempt) -> dict[str, Any] | None:
        try:
            session = self._stripe.checkout.sessions.retrieve(attempt.provider_ref, {"expand": [WHOLE_PAYMENT]})
        except Refusal as refusal:
            if refusal.status == 404:
                return None
            raise refusal.as_unknown() from None
        return session.to_dict()

    def _refund_by_key(self, transaction_ref: str, key: UUID) -> dict[str, Any] | None:
        """The refund of a payment that carries our key, if there is one."""
        refunds = self._stripe.refunds.list({"payment_intent": transaction_ref, "limit": PAGE}).to_dict()
        for refund in _items(refunds):
            metadata = refund.get("metadata")
            if isinstance(metadata, dict) and metadata.get("key") == str(key):
                return refund
        return None


def _items(page: dict[str, Any]) -> list[dict[str, Any]]:
    items = page.get("data")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
