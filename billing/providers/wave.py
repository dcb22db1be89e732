"""Wave Checkout: a page, or Wave's app, where the payer approves; signed webhooks; refunds of whole payments.

The key reaches one wallet, and Wave's answers name none. A session is over when it is `complete` or `expired`; paid is
what `payment_status` says.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
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
    ProviderRefused,
    ProviderState,
    ProviderUnavailable,
    RefundState,
    Reversals,
    Started,
)
from billing.providers.links import leads_to
from billing.providers.parsing import member, money_of, text_of, uuid_of, webhook_object
from billing.providers.signatures import check_signature
from billing.providers.transport import Reply, Transport

SESSIONS = "/v1/checkout/sessions"
HALF_AN_HOUR = 30 * 60
REASONS = {
    "insufficient-funds": reasons.INSUFFICIENT_FUNDS,
    "blocked-account": reasons.PAYER_INACTIVE,
    "payer-mobile-mismatch": reasons.DECLINED_BY_PAYER,
    "cross-border-payment-not-allowed": reasons.INSTRUMENT_DECLINED,
    "customer-age-restricted": reasons.INSTRUMENT_DECLINED,
    "kyb-limits-exceeded": reasons.MISCONFIGURED,  # the merchant's own limit
    "payment-failure": reasons.UNKNOWN,
}

logger = logging.getLogger("billing.providers.wave")


@dataclass(frozen=True, slots=True)
class WaveConfig:
    """One Wave business wallet and the currency of its country. Time-outs are in seconds."""

    api_key: str = field(repr=False)
    currency: str = "XOF"
    webhook_secret: str = field(default="", repr=False)
    base_url: str = "https://api.wave.com"
    page_host_suffix: str = ".wave.com"
    connect_timeout: float = 5
    read_timeout: float = 30


class WaveProvider:
    """The Provider protocol for Wave Checkout. One instance per wallet."""

    name: str = "wave"

    def __init__(self, config: WaveConfig) -> None:
        self.config = config
        self.capabilities = Capabilities(
            flow=Flow.REDIRECT,
            currencies=frozenset({config.currency}),
            attempt_lifetime_seconds=HALF_AN_HOUR,
        )
        self._base = config.base_url.rstrip("/")
        self._transport = Transport(
            provider=self.name, connect_timeout=config.connect_timeout, read_timeout=config.read_timeout
        )

    @property
    def account(self) -> str:
        """A word for the wallet behind the key."""
        return self.name

    def reference_for(self, attempt: Attempt) -> str:
        """Our `client_reference`."""
        return str(attempt.id)

    def start(self, attempt: Attempt) -> Started:
        """Make the session, or find the one that an earlier call made: by our reference, else by the key."""
        self._check_can_send(attempt)
        found = self._search(attempt) if attempt.started_at else None
        session = found or self._create(attempt)
        session_id, url = text_of(session.get("id")), text_of(session.get("wave_launch_url"), limit=2000)
        if not session_id or not url:
            raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, "a session without id or address")
        if not leads_to(url, host_suffix=self.config.page_host_suffix, base_url=self.config.base_url):
            logger.error("pay page on a foreign host", extra={"provider": self.name})
            raise ProviderRefused(reasons.MISCONFIGURED, "the pay page is not Wave's")
        return Started(provider_ref=session_id, redirect_url=url)

    def fetch(self, attempt: Attempt) -> ProviderState:
        """Read the session, found by our reference when its id never reached us."""
        session = self._session(attempt)
        if session is None:
            return ProviderState(Outcome.NOT_FOUND, provider_ref=attempt.provider_ref)
        return self._state_of(session)

    def capture(self, attempt: Attempt) -> ProviderState:
        """The same as `fetch`: an approved payment is paid."""
        return self.fetch(attempt)

    def expire(self, attempt: Attempt) -> ProviderState:
        """Close the session, so that nobody pays it any more, then read it: it may have been paid before."""
        reply = self._call("POST", f"{self._path(self._session_id(attempt))}/expire", operation="expire")
        if not reply.ok and reply.status_code not in (404, 409):  # 409: it is over already
            raise _unknown(reply)
        return self.fetch(attempt)

    def refund(self, attempt: Attempt, *, transaction_ref: str, amount: Money, key: UUID) -> RefundState:
        """Give the whole payment back: Wave gives back no part of one, and does it once however often it is asked."""
        if amount != attempt.charge:
            raise ProviderRefused(reasons.AMOUNT_MISMATCH, "Wave gives back whole payments only")
        session_id = self._session_id(attempt)
        path = f"{self._path(session_id)}/refund"
        reply = self._call("POST", path, operation="refund", headers={"Idempotency-Key": str(key)})
        if not reply.ok:
            code = _code_of(reply)
            logger.error(
                "Wave refused a refund", extra={"provider": self.name, "status": reply.status_code, "code": code}
            )
            raise ProviderRefused(_refusal_reason(reply), code or f"HTTP {reply.status_code}")
        return RefundState(Outcome.SUCCEEDED, refund_ref=session_id, amount=amount)

    def fetch_refund(self, attempt: Attempt, *, refund_ref: str, key: UUID) -> RefundState:
        """Whether the session says that it was given back; if not, `refund` may safely be called again."""
        session = self._session(attempt)
        if session is None or not session.get("when_refunded"):
            return RefundState(Outcome.NOT_FOUND, refund_ref=refund_ref)
        amount = money_of(session.get("amount"), session.get("currency"))
        return RefundState(Outcome.SUCCEEDED, refund_ref=text_of(session.get("id")), amount=amount)

    def fetch_reversals(self, attempt: Attempt, *, transaction_ref: str) -> Reversals:
        """The whole payment, if the session says that it was given back; else Wave cannot say. It knows no disputes."""
        return Reversals(refunded=self.fetch_refund(attempt, refund_ref="", key=attempt.idempotency_key).amount)

    def verify_webhook(
        self,
        *,
        headers: dict[str, str],
        body: bytes,
        attempt: Attempt | None = None,
        received_at: datetime | None = None,
    ) -> EventRef:
        """Check Wave's signature of time and raw body, which stand together without a dot, then read the event."""
        event = webhook_object(body)
        given = {name.lower(): value for name, value in headers.items()}
        check_signature(
            given.get("wave-signature", ""),
            body=body,
            secret=self.config.webhook_secret,
            separator=b"",
            received_at=received_at,
        )
        event_id, event_type = text_of(event.get("id")), text_of(event.get("type"))
        if not event_id or not event_type:
            raise InvalidSignature(reasons.BAD_SIGNATURE, "an event without id or type")
        session = event.get("data")
        return EventRef(
            event_id,
            event_type,
            provider_ref=text_of(member(session, "id")),
            attempt_id=uuid_of(member(session, "client_reference")),
            transaction_ref=text_of(member(session, "transaction_id")),
        )

    def check_health(self) -> None:
        """Look for a reference that is nobody's: it shows that Wave answers and knows our key."""
        reply = self._call("GET", f"{SESSIONS}/search?client_reference=health", operation="search")
        if not reply.ok:
            raise ProviderRefused(reasons.MISCONFIGURED, _code_of(reply) or f"HTTP {reply.status_code}")

    def _check_can_send(self, attempt: Attempt) -> None:
        if attempt.charge.currency != self.config.currency:
            raise ProviderRefused(reasons.NOT_TAKEN, f"this wallet takes {self.config.currency}")
        if attempt.charge.minor <= 0:
            raise ProviderRefused(reasons.MISCONFIGURED, "nothing to charge")

    def _create(self, attempt: Attempt) -> dict[str, Any]:
        reply = self._call(
            "POST",
            SESSIONS,
            operation="create",
            headers={"Idempotency-Key": str(attempt.idempotency_key)},
            body={
                "amount": attempt.charge.as_text(),
                "currency": attempt.charge.currency,
                "client_reference": self.reference_for(attempt),
                "success_url": attempt.return_url,
                "error_url": attempt.cancel_url or attempt.return_url,
            },
        )
        if reply.ok:
            return reply.json()
        code = _code_of(reply)
        logger.error("Wave refused a session", extra={"provider": self.name, "status": reply.status_code, "code": code})
        if reply.status_code == 409:  # the key came before with something else: that one is, or was, alive
            raise ProviderUnavailable(reasons.BEING_REVIEWED, code)
        raise ProviderRefused(reasons.MISCONFIGURED, code or f"HTTP {reply.status_code}")

    def _session(self, attempt: Attempt) -> dict[str, Any] | None:
        """The session, by its id or else by our reference; None when Wave does not know it."""
        if not attempt.provider_ref:
            return self._search(attempt)
        reply = self._call("GET", self._path(attempt.provider_ref), operation="read")
        if reply.status_code == 404:
            return None
        if not reply.ok:
            raise _unknown(reply)
        return reply.json()

    def _session_id(self, attempt: Attempt) -> str:
        session_id = attempt.provider_ref or text_of((self._search(attempt) or {}).get("id"))
        if not session_id:
            raise ProviderRefused(reasons.UNKNOWN, "Wave knows no session of this attempt")
        return session_id

    def _search(self, attempt: Attempt) -> dict[str, Any] | None:
        """The session that carries our reference, a paid one first."""
        question = urlencode({"client_reference": self.reference_for(attempt)})
        reply = self._call("GET", f"{SESSIONS}/search?{question}", operation="search")
        if not reply.ok:
            raise _unknown(reply)
        result = reply.json().get("result")
        sessions = [session for session in result if isinstance(session, dict)] if isinstance(result, list) else []
        paid = [session for session in sessions if session.get("payment_status") == "succeeded"]
        return next(iter(paid or sessions), None)

    def _state_of(self, session: dict[str, Any]) -> ProviderState:
        outcome, reason = _outcome(session)
        return ProviderState(
            outcome=outcome,
            amount=money_of(session.get("amount"), session.get("currency")),
            account=self.account,
            reference=text_of(session.get("client_reference")),
            provider_ref=text_of(session.get("id")),
            transaction_ref=text_of(session.get("transaction_id")),
            reason=reason,
        )

    def _path(self, session_id: str) -> str:
        return f"{SESSIONS}/{quote(session_id, safe='')}"

    def _call(
        self, method: str, path: str, *, operation: str, headers: dict[str, str] | None = None, body: object = None
    ) -> Reply:
        """Send one call; raises ProviderUnavailable for what is no answer."""
        own = {"Authorization": f"Bearer {self.config.api_key}", **(headers or {})}
        data = None if body is None else json.dumps(body)
        if data is not None:
            own["Content-Type"] = "application/json"
        reply = self._transport.send(method, self._base + path, operation=operation, headers=own, data=data)
        reply.check_available()
        return reply


def _outcome(session: dict[str, Any]) -> tuple[Outcome, str]:
    status, payment = text_of(session.get("checkout_status")), text_of(session.get("payment_status"))
    if payment == "succeeded":
        # A refund that overtook the payment must not open anything: a person looks at it.
        given_back = bool(session.get("when_refunded"))
        return (Outcome.PENDING, reasons.BEING_REVIEWED) if given_back else (Outcome.SUCCEEDED, "")
    if status == "open" or payment == "processing":  # the payer may try again, or Wave is still at it
        return Outcome.PENDING, ""
    if payment == "cancelled" and status in ("complete", "expired"):
        unnamed = reasons.APPROVAL_EXPIRED if status == "expired" else reasons.CANCELLED
        return Outcome.FAILED, REASONS.get(text_of(member(session, "last_payment_error", "code")), unnamed)
    logger.error(
        "unknown session status",
        extra={"provider": "wave", "session_status": status[:40], "payment_status": payment[:40]},
    )
    return Outcome.PENDING, reasons.UNKNOWN


def _code_of(reply: Reply) -> str:
    """Wave's code for a refusal, which some answers wrap in `error`."""
    document = reply.json_or_empty()
    return text_of(document.get("code") or member(document, "error", "code"), limit=80)


def _refusal_reason(reply: Reply) -> str:
    return reasons.MISCONFIGURED if reply.status_code in (401, 403) else reasons.UNKNOWN


def _unknown(reply: Reply) -> ProviderUnavailable:
    """A 4xx to a question says nothing of the payment: it stays pending and an operator is told."""
    code = _code_of(reply) or f"HTTP {reply.status_code}"
    logger.error("Wave refused a question", extra={"provider": "wave", "status": reply.status_code, "code": code})
    return ProviderUnavailable(reasons.MISCONFIGURED, code)
