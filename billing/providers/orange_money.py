"""Orange Money WebPay: a page of Orange's where the payer gives number and code, then a question for the status.

An `order_id` is good for one page, ever: a second request with it is a 403. Orange tells once how it ended, without a
signature but with the `notif_token` it gave at the start. There is no refund in this API.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
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
    ProviderUnavailable,
    RefundState,
    Reversals,
    Started,
)
from billing.providers.links import leads_to
from billing.providers.parsing import money_of, text_of, webhook_object
from billing.providers.transport import Reply, Token, TokenCache, Transport, send_with_token, token_from

SANDBOX, SANDBOX_CURRENCY = "dev", "OUV"
FIFTEEN_MINUTES = 15 * 60
NAME_LIMIT, URL_LIMIT = 30, 120  # of order_id and reference, and of addresses
OUTCOMES = {
    "SUCCESS": (Outcome.SUCCEEDED, ""),
    "INITIATED": (Outcome.PENDING, ""),  # the payer has not confirmed
    "PENDING": (Outcome.PENDING, ""),  # confirmed, being worked on
    "FAILED": (Outcome.FAILED, reasons.UNKNOWN),
    "EXPIRED": (Outcome.FAILED, reasons.APPROVAL_EXPIRED),
}

logger = logging.getLogger("billing.providers.orange_money")


@dataclass(frozen=True, slots=True)
class OrangeMoneyConfig:
    """One Orange merchant. `country` is the API's own ("ci", "sn", "cm"; "dev" is the sandbox). Time-outs in seconds.

    `currency` is one without decimals; in the sandbox it is sent as OUV, which only the sandbox knows.
    """

    client_id: str
    client_secret: str = field(repr=False)
    merchant_key: str = field(repr=False)
    country: str
    currency: str
    reference: str = "Baobab"
    base_url: str = "https://api.orange.com"
    page_host_suffix: str = ".orange-money.com"
    connect_timeout: float = 5
    read_timeout: float = 30


class OrangeMoneyProvider:
    """The Provider protocol for Orange Money. One instance per merchant; it keeps the access token."""

    name: str = "orange_money"

    def __init__(self, config: OrangeMoneyConfig) -> None:
        self.config = config
        self.capabilities = Capabilities(
            flow=Flow.REDIRECT,
            currencies=frozenset({config.currency}),
            attempt_lifetime_seconds=FIFTEEN_MINUTES,
            refunds=False,
        )
        self._base = config.base_url.rstrip("/")
        self._transport = Transport(
            provider=self.name, connect_timeout=config.connect_timeout, read_timeout=config.read_timeout
        )
        self._tokens = TokenCache(self._fetch_token)

    @property
    def account(self) -> str:
        """The API's country: Orange's answers name no merchant, and our keys reach one there."""
        return self.config.country

    def reference_for(self, attempt: Attempt) -> str:
        """Our `order_id`: the attempt's id in 26 letters and digits, as Orange takes 30 at most."""
        return base64.b32encode(attempt.id.bytes).decode("ascii").rstrip("=")

    def start(self, attempt: Attempt) -> Started:
        """Ask for a page to pay on.

        A repeat is a 403, as the order_id is used up. If the first answer is known (`provider_ref`), it counts as
        started and `fetch` says the rest. If it was lost, nobody has the page's address, so nobody can pay; it is
        ProviderUnavailable all the same, because the first call may be on its way back beside this one.
        """
        self._check_can_send(attempt)
        reply = self._call("webpayment", self._request(attempt))
        if reply.status_code == 403:
            return self._started_before(attempt, reply)
        if not reply.ok:
            raise self._refusal(reply)
        document = reply.json()
        pay_token, url = text_of(document.get("pay_token")), text_of(document.get("payment_url"), limit=2000)
        if not pay_token or not url:
            raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, "a payment without token or address")
        if not leads_to(url, host_suffix=self.config.page_host_suffix, base_url=self.config.base_url):
            logger.error("pay page on a foreign host", extra={"provider": self.name})
            raise ProviderRefused(reasons.MISCONFIGURED, "the pay page is not Orange's")
        secret = text_of(document.get("notif_token"))
        return Started(provider_ref=pay_token, redirect_url=url, notification_secret=secret)

    def fetch(self, attempt: Attempt) -> ProviderState:
        """Ask for the status. Without `provider_ref`, Orange's pay token, nothing can be asked: NOT_FOUND."""
        if not attempt.provider_ref:
            return ProviderState(Outcome.NOT_FOUND)
        question = {
            "order_id": self.reference_for(attempt),
            "amount": attempt.charge.minor,
            "pay_token": attempt.provider_ref,
        }
        try:
            reply = self._call("transactionstatus", question)
        except ProviderRefused as error:
            raise ProviderUnavailable(error.reason, error.detail) from None
        if reply.status_code == 404:
            return ProviderState(Outcome.NOT_FOUND, provider_ref=attempt.provider_ref)
        if not reply.ok:
            raise _unknown(reply)
        return self._state_of(reply.json(), attempt)

    def capture(self, attempt: Attempt) -> ProviderState:
        """The same as `fetch`: a confirmed payment is paid."""
        return self.fetch(attempt)

    def refund(self, attempt: Attempt, *, transaction_ref: str, amount: Money, key: UUID) -> RefundState:
        """Pending: Orange has no refund, so a person sends the money back and records it."""
        return RefundState(Outcome.PENDING, refund_ref=str(key), amount=amount)

    def fetch_refund(self, attempt: Attempt, *, refund_ref: str, key: UUID) -> RefundState:
        """Pending, for ever: only the person who sent the money knows."""
        return RefundState(Outcome.PENDING, refund_ref=refund_ref or str(key))

    def fetch_reversals(self, attempt: Attempt, *, transaction_ref: str) -> Reversals:
        """Nothing: Orange does not say."""
        return Reversals()

    def verify_webhook(
        self,
        *,
        headers: dict[str, str],
        body: bytes,
        attempt: Attempt | None = None,
        received_at: datetime | None = None,
    ) -> EventRef:
        """Compare the notice's token with the one Orange gave for the attempt that the address named."""
        document = webhook_object(body)
        expected = attempt.notification_secret if attempt else ""
        given = text_of(document.get("notif_token"))
        if attempt is None or not expected or not hmac.compare_digest(expected.encode(), given.encode()):
            raise InvalidSignature(reasons.BAD_SIGNATURE, "not the token that Orange gave for this payment")
        return EventRef(
            event_id=hashlib.sha256(body).hexdigest(),
            event_type=f"payment.{text_of(document.get('status'), limit=40).lower() or 'unknown'}",
            provider_ref=attempt.provider_ref,
            attempt_id=attempt.id,
            transaction_ref=text_of(document.get("txnid")),
        )

    def check_health(self) -> None:
        """Ask for a fresh token: it shows that Orange answers and knows our keys."""
        self._fetch_token()

    def _check_can_send(self, attempt: Attempt) -> None:
        currency = attempt.charge.currency
        if currency != self.config.currency or EXPONENTS[currency]:
            raise ProviderRefused(reasons.NOT_TAKEN, f"this merchant takes {self.config.currency}")
        if attempt.charge.minor <= 0:
            raise ProviderRefused(reasons.MISCONFIGURED, "nothing to charge")
        for url in (attempt.return_url, attempt.cancel_url, attempt.callback_url):
            if len(url) > URL_LIMIT:
                raise ProviderRefused(reasons.MISCONFIGURED, f"an address of more than {URL_LIMIT} characters")

    def _request(self, attempt: Attempt) -> dict[str, object]:
        return {
            "merchant_key": self.config.merchant_key,
            "currency": SANDBOX_CURRENCY if self.config.country == SANDBOX else attempt.charge.currency,
            "order_id": self.reference_for(attempt),
            "amount": attempt.charge.minor,
            "return_url": attempt.return_url,
            "cancel_url": attempt.cancel_url or attempt.return_url,
            "notif_url": attempt.callback_url or attempt.return_url,
            "lang": "en" if attempt.locale.lower().startswith("en") else "fr",
            "reference": self.config.reference[:NAME_LIMIT],
        }

    def _started_before(self, attempt: Attempt, reply: Reply) -> Started:
        if attempt.provider_ref:
            return Started(provider_ref=attempt.provider_ref)
        code = _code_of(reply)
        logger.error("Orange refused a payment", extra={"provider": self.name, "status": 403, "code": code})
        raise ProviderUnavailable(reasons.BEING_REVIEWED, code or "the order_id may have been used before")

    def _state_of(self, document: dict[str, Any], attempt: Attempt) -> ProviderState:
        """Orange answers for exactly the order, amount and token it was asked about, and need not repeat the amount."""
        status = text_of(document.get("status"), limit=40).upper()
        if status not in OUTCOMES:
            logger.error("unknown Orange status", extra={"provider": self.name, "orange_status": status})
        outcome, reason = OUTCOMES.get(status, (Outcome.PENDING, reasons.UNKNOWN))
        said = document.get("amount")
        return ProviderState(
            outcome=outcome,
            amount=attempt.charge if said is None else money_of(said, document.get("currency") or self.config.currency),
            account=self.account,
            reference=text_of(document.get("order_id")),
            provider_ref=attempt.provider_ref,
            transaction_ref=text_of(document.get("txnid")),
            reason=reason,
        )

    def _call(self, operation: str, body: dict[str, object]) -> Reply:
        """Send one call, with a new token if Orange refuses the old; raises ProviderUnavailable for what is no answer."""

        def send(token: str) -> Reply:
            return self._transport.send(
                "POST",
                f"{self._base}/orange-money-webpay/{self.config.country}/v1/{operation}",
                operation=operation,
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                data=json.dumps(body),
            )

        reply = send_with_token(self._tokens, send)
        reply.check_available()
        return reply

    def _fetch_token(self) -> Token:
        basic = base64.b64encode(f"{self.config.client_id}:{self.config.client_secret}".encode()).decode("ascii")
        reply = self._transport.send(
            "POST",
            f"{self._base}/oauth/v3/token",
            operation="token",
            headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
            data="grant_type=client_credentials",
        )
        reply.check_available()
        if not reply.ok:
            logger.error("Orange refused our credentials", extra={"provider": self.name, "status": reply.status_code})
            raise ProviderRefused(reasons.MISCONFIGURED, f"token: HTTP {reply.status_code}")
        return token_from(reply.json())

    def _refusal(self, reply: Reply) -> ProviderRefused:
        code = _code_of(reply)
        logger.error(
            "Orange refused a payment", extra={"provider": self.name, "status": reply.status_code, "code": code}
        )
        return ProviderRefused(reasons.MISCONFIGURED, code or f"HTTP {reply.status_code}")


def _code_of(reply: Reply) -> str:
    return text_of(reply.json_or_empty().get("code"), limit=80)


def _unknown(reply: Reply) -> ProviderUnavailable:
    """A 4xx to a question says nothing of the payment: it stays pending and an operator is told."""
    code = _code_of(reply) or f"HTTP {reply.status_code}"
    extra = {"provider": "orange_money", "status": reply.status_code, "code": code}
    logger.error("Orange refused a question", extra=extra)
    return ProviderUnavailable(reasons.MISCONFIGURED, code)
