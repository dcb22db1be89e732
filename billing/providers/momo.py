"""MTN Mobile Money: a request to pay that the payer approves on the phone, then polling.

MTN accepts a request (202) long before it is paid, signs nothing, and may lose its callback: only the status that is
read back counts. The request's id is the attempt's own idempotency key, so a lost answer costs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
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
from billing.providers.parsing import member, money_of, text_of, uuid_of, webhook_object
from billing.providers.texts import plain_message
from billing.providers.transport import Reply, Token, TokenCache, Transport, mask_phone, send_with_token, token_from

MSISDN = re.compile(r"[1-9]\d{7,14}")
FIFTEEN_MINUTES = 15 * 60

PENDING_STATUSES = frozenset({"PENDING", "CREATED", "ONGOING"})
# A failed status, and what it means when MTN gives no reason.
FAILED_STATUSES = {
    "FAILED": reasons.UNKNOWN,
    "REJECTED": reasons.DECLINED_BY_PAYER,
    "TIMEOUT": reasons.APPROVAL_EXPIRED,
    "EXPIRED": reasons.APPROVAL_EXPIRED,
}
REASONS = {
    "PAYER_NOT_FOUND": reasons.PAYER_NOT_FOUND,
    "NOT_ENOUGH_FUNDS": reasons.INSUFFICIENT_FUNDS,
    "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED": reasons.INSUFFICIENT_FUNDS,
    "INTERNAL_PROCESSING_ERROR": reasons.INSUFFICIENT_FUNDS,  # MTN's own page: nearly always the balance
    "PAYER_LIMIT_REACHED": reasons.LIMIT_REACHED,
    "PAYEE_LIMIT_REACHED": reasons.LIMIT_REACHED,
    "APPROVAL_REJECTED": reasons.DECLINED_BY_PAYER,
    "PAYMENT_NOT_APPROVED": reasons.DECLINED_BY_PAYER,
    "EXPIRED": reasons.APPROVAL_EXPIRED,
    "COULD_NOT_PERFORM_TRANSACTION": reasons.APPROVAL_EXPIRED,  # the PIN was not entered in time
    "TRANSACTION_CANCELED": reasons.CANCELLED,
    "SENDER_ACCOUNT_NOT_ACTIVE": reasons.PAYER_INACTIVE,
    "SERVICE_UNAVAILABLE": reasons.PROVIDER_UNAVAILABLE,
    "PAYEE_NOT_FOUND": reasons.MISCONFIGURED,
    "PAYEE_NOT_ALLOWED_TO_RECEIVE": reasons.MISCONFIGURED,
    "NOT_ALLOWED": reasons.MISCONFIGURED,
    "NOT_ALLOWED_TARGET_ENVIRONMENT": reasons.MISCONFIGURED,
    "INVALID_CALLBACK_URL_HOST": reasons.MISCONFIGURED,
    "INVALID_CURRENCY": reasons.MISCONFIGURED,
    "VALIDATION_ERROR": reasons.MISCONFIGURED,
}

logger = logging.getLogger("billing.providers.momo")


@dataclass(frozen=True, slots=True)
class MomoConfig:
    """One MTN account. Collection and disbursement have their own keys. Time-outs are in seconds.

    The token call alone may take 10 to 20 seconds at MTN. `callback_enabled` needs a host registered with the API
    user, or MTN fails every request.
    """

    base_url: str
    subscription_key: str = field(repr=False)
    user_id: str
    api_key: str = field(repr=False)
    target_environment: str
    currency: str
    callback_enabled: bool = False
    disbursement_subscription_key: str = field(default="", repr=False)
    disbursement_user_id: str = ""
    disbursement_api_key: str = field(default="", repr=False)
    payee_note: str = "Baobab"
    connect_timeout: float = 5
    read_timeout: float = 30


class _Product:
    """One of MTN's products (collection, disbursement): its keys, its token, its paths."""

    def __init__(
        self, config: MomoConfig, *, name: str, subscription_key: str, user_id: str, api_key: str, transport: Transport
    ) -> None:
        self.name = name
        self._base = f"{config.base_url.rstrip('/')}/{name}"
        self._environment = config.target_environment
        self._subscription_key = subscription_key
        # Encoded as they are: percent-encoding them first is a 500 at MTN.
        self._basic = base64.b64encode(f"{user_id}:{api_key}".encode()).decode("ascii")
        self._transport = transport
        self._tokens = TokenCache(self.fetch_token)

    def fetch_token(self) -> Token:
        """Ask for a token; ProviderRefused when MTN does not know our keys."""
        reply = self._transport.send(
            "POST",
            f"{self._base}/token/",
            operation=f"{self.name}.token",
            headers={"Authorization": f"Basic {self._basic}", **self._common_headers()},
            data=b"",
        )
        reply.check_available()
        if not reply.ok:
            logger.error("MTN refused our credentials", extra={"provider": "mtn_momo", "status": reply.status_code})
            raise ProviderRefused(reasons.MISCONFIGURED, f"token: HTTP {reply.status_code}")
        return token_from(reply.json())

    def call(
        self, method: str, path: str, *, operation: str, headers: dict[str, str] | None = None, body: object = None
    ) -> Reply:
        """Send one call, renewing the token once if MTN refuses it. Raises as `_available` and `fetch_token` do."""
        return _available(
            send_with_token(
                self._tokens,
                lambda token: self._send(method, path, token, operation=operation, headers=headers or {}, body=body),
            )
        )

    def _send(
        self, method: str, path: str, token: str, *, operation: str, headers: dict[str, str], body: object
    ) -> Reply:
        own = {"Authorization": f"Bearer {token}", **self._common_headers(), **headers}
        data = None if body is None else json.dumps(body)
        if data is not None:
            own["Content-Type"] = "application/json"
        return self._transport.send(
            method, self._base + path, operation=f"{self.name}.{operation}", headers=own, data=data
        )

    def _common_headers(self) -> dict[str, str]:
        return {"Ocp-Apim-Subscription-Key": self._subscription_key, "X-Target-Environment": self._environment}


class MomoProvider:
    """The Provider protocol for MTN MoMo. One instance per MTN account; it keeps the access tokens."""

    name: str = "mtn_momo"

    def __init__(self, config: MomoConfig) -> None:
        self.config = config
        self.capabilities = Capabilities(
            flow=Flow.PUSH,
            currencies=frozenset({config.currency}),
            needs_phone=True,
            attempt_lifetime_seconds=FIFTEEN_MINUTES,
            refunds=bool(config.disbursement_subscription_key),
        )
        transport = Transport(
            provider=self.name, connect_timeout=config.connect_timeout, read_timeout=config.read_timeout
        )
        self._collection = _Product(
            config,
            name="collection",
            subscription_key=config.subscription_key,
            user_id=config.user_id,
            api_key=config.api_key,
            transport=transport,
        )
        self._disbursement = _Product(
            config,
            name="disbursement",
            subscription_key=config.disbursement_subscription_key,
            user_id=config.disbursement_user_id,
            api_key=config.disbursement_api_key,
            transport=transport,
        )

    @property
    def account(self) -> str:
        """The target environment: MTN's answers name no payee, and our keys reach one account in it."""
        return self.config.target_environment

    def reference_for(self, attempt: Attempt) -> str:
        """Our `externalId`."""
        return str(attempt.id)

    def start(self, attempt: Attempt) -> Started:
        """Send the request to the payer's phone. A repeat is answered 409 by MTN and counts as sent."""
        self._check_can_send(attempt)
        reference = str(attempt.idempotency_key)
        headers = {"X-Reference-Id": reference}
        if self.config.callback_enabled and attempt.callback_url:
            headers["X-Callback-Url"] = attempt.callback_url
        reply = self._collection.call(
            "POST",
            "/v1_0/requesttopay",
            operation="requesttopay",
            headers=headers,
            body={
                "amount": attempt.charge.as_text(),
                "currency": attempt.charge.currency,
                "externalId": self.reference_for(attempt),
                "payer": {"partyIdType": "MSISDN", "partyId": attempt.phone},
                "payerMessage": plain_message(attempt.description),
                "payeeNote": plain_message(f"{self.config.payee_note} {attempt.order_number}"),
            },
        )
        if not reply.ok and reply.status_code != 409:
            raise self._refusal(reply, phone=attempt.phone)
        return Started(provider_ref=reference)

    def fetch(self, attempt: Attempt) -> ProviderState:
        """Read the request's status. It works without a known `provider_ref`: the idempotency key is the reference.

        NOT_FOUND within a minute of `start` means little; later, the request never reached MTN and may be sent again.
        """
        reference = self._reference(attempt)
        try:
            reply = self._collection.call(
                "GET", f"/v1_0/requesttopay/{reference}", operation="requesttopay.status", body=None
            )
        except ProviderRefused as error:
            raise ProviderUnavailable(error.reason, error.detail) from None
        if reply.status_code == 404:
            return ProviderState(Outcome.NOT_FOUND, provider_ref=reference)
        if not reply.ok:
            raise _unknown(reply)
        return self._state_of(reply.json(), reference)

    def capture(self, attempt: Attempt) -> ProviderState:
        """The same as `fetch`: an approved request is paid."""
        return self.fetch(attempt)

    def check_active(self, phone: str) -> bool:
        """True when the number can pay by mobile money; raises ProviderUnavailable when MTN does not say."""
        if not MSISDN.fullmatch(phone):
            return False
        path = f"/v1_0/accountholder/msisdn/{phone}/active"
        try:
            reply = self._collection.call("GET", path, operation="active")
        except ProviderRefused as error:
            raise ProviderUnavailable(error.reason, error.detail) from None
        if reply.status_code == 404:
            return False
        if not reply.ok:
            raise _unknown(reply)
        return reply.json().get("result") is True

    def refund(self, attempt: Attempt, *, transaction_ref: str, amount: Money, key: UUID) -> RefundState:
        """Send money back through the disbursement product, then read what became of it. `key` is the refund's id."""
        if not self.config.disbursement_subscription_key:
            raise ProviderRefused(reasons.MISCONFIGURED, "no disbursement keys are set")
        reply = self._disbursement.call(
            "POST",
            "/v1_0/refund",
            operation="refund",
            headers={"X-Reference-Id": str(key)},
            body={
                "amount": amount.as_text(),
                "currency": amount.currency,
                "externalId": str(key),
                "payerMessage": plain_message(f"Remboursement {attempt.order_number}"),
                "payeeNote": plain_message(f"Remboursement {attempt.order_number}"),
                "referenceIdToRefund": self._reference(attempt),
            },
        )
        if not reply.ok and reply.status_code != 409:
            raise self._refusal(reply, phone="")
        pending = RefundState(Outcome.PENDING, refund_ref=str(key))
        try:
            state = self.fetch_refund(attempt, refund_ref=str(key), key=key)
        except ProviderUnavailable:  # it was accepted, so any doubt here is pending, never an error
            return pending
        return pending if state.outcome is Outcome.NOT_FOUND else state

    def fetch_refund(self, attempt: Attempt, *, refund_ref: str, key: UUID) -> RefundState:
        """Read the refund's status. It works without a known `refund_ref`: the key is the reference."""
        reference = str(uuid_of(refund_ref) or key)
        try:
            reply = self._disbursement.call("GET", f"/v1_0/refund/{reference}", operation="refund.status")
        except ProviderRefused as error:
            raise ProviderUnavailable(error.reason, error.detail) from None
        if reply.status_code == 404:
            return RefundState(Outcome.NOT_FOUND, refund_ref=reference)
        if not reply.ok:
            raise _unknown(reply)
        document = reply.json()
        outcome, reason = _outcome(text_of(document.get("status")).upper(), _code_of(document.get("reason")))
        amount = money_of(document.get("amount"), document.get("currency"))
        return RefundState(outcome, refund_ref=reference, amount=amount, reason=reason)

    def fetch_reversals(self, attempt: Attempt, *, transaction_ref: str) -> Reversals:
        """Nothing: a request to pay does not show what was given back, and MTN knows no disputes."""
        return Reversals()

    def verify_webhook(
        self,
        *,
        headers: dict[str, str],
        body: bytes,
        attempt: Attempt | None = None,
        received_at: datetime | None = None,
    ) -> EventRef:
        """Read an unsigned callback as a hint. It proves nothing; the caller has to `fetch`."""
        document = webhook_object(body)
        given = {name.lower(): value for name, value in headers.items()}
        reference = uuid_of(document.get("referenceId")) or uuid_of(given.get("x-reference-id"))
        return EventRef(
            event_id=hashlib.sha256(body).hexdigest(),
            event_type=f"requesttopay.{text_of(document.get('status'), limit=40).lower() or 'unknown'}",
            provider_ref=str(reference) if reference else "",
            attempt_id=uuid_of(document.get("externalId")),
        )

    def check_health(self) -> None:
        """Ask for a fresh token and the balance: both show that MTN answers and that our keys are good."""
        self._collection.fetch_token()
        reply = self._collection.call("GET", "/v1_0/account/balance", operation="balance")
        if not reply.ok:
            raise self._refusal(reply, phone="")

    def _check_can_send(self, attempt: Attempt) -> None:
        if attempt.charge.currency != self.config.currency:
            raise ProviderRefused(reasons.NOT_TAKEN, f"this account takes {self.config.currency}")
        if attempt.charge.minor <= 0:
            raise ProviderRefused(reasons.MISCONFIGURED, "nothing to charge")
        if not MSISDN.fullmatch(attempt.phone):
            raise ProviderRefused(reasons.PAYER_NOT_FOUND, "not digits with a country code")
        if attempt.idempotency_key.version != 4:
            raise ProviderRefused(reasons.MISCONFIGURED, "MTN takes version 4 UUIDs only")

    def _reference(self, attempt: Attempt) -> str:
        return str(uuid_of(attempt.provider_ref) or attempt.idempotency_key)

    def _state_of(self, document: dict[str, Any], reference: str) -> ProviderState:
        status = text_of(document.get("status"), limit=40).upper()
        outcome, reason = _outcome(status, _code_of(document.get("reason")))
        return ProviderState(
            outcome=outcome,
            amount=money_of(document.get("amount"), document.get("currency")),
            account=self.account,
            reference=text_of(document.get("externalId")),
            provider_ref=reference,
            transaction_ref=text_of(document.get("financialTransactionId")),
            reason=reason,
        )

    def _refusal(self, reply: Reply, *, phone: str) -> ProviderRefused:
        code = _code_of(reply.json_or_empty())
        logger.error(
            "MTN refused a request",
            extra={"provider": self.name, "status": reply.status_code, "code": code, "phone": mask_phone(phone)},
        )
        return ProviderRefused(REASONS.get(code, reasons.MISCONFIGURED), code or f"HTTP {reply.status_code}")


def _outcome(status: str, code: str) -> tuple[Outcome, str]:
    if status == "SUCCESSFUL":
        return Outcome.SUCCEEDED, ""
    if status in FAILED_STATUSES:
        return Outcome.FAILED, REASONS.get(code, FAILED_STATUSES[status])
    if status in PENDING_STATUSES:
        return Outcome.PENDING, ""
    logger.error("unknown MTN status", extra={"provider": "mtn_momo", "momo_status": status})
    return Outcome.PENDING, reasons.UNKNOWN


def _code_of(reason: object) -> str:
    """MTN's code, which is bare text in a status and an object in an HTTP error."""
    return text_of(member(reason, "code") if isinstance(reason, dict) else reason, limit=80).upper()


def _available(reply: Reply) -> Reply:
    """Raise ProviderUnavailable for 429 and 5xx. MTN says some configuration errors with a 500: they are told apart
    by code for the operator, but what became of the request stays unknown."""
    code = _code_of(reply.json_or_empty()) if reply.status_code >= 500 else ""
    if REASONS.get(code) == reasons.MISCONFIGURED:
        logger.error("MTN reports a configuration error", extra={"provider": "mtn_momo", "code": code})
        raise ProviderUnavailable(reasons.MISCONFIGURED, code)
    reply.check_available(code)
    return reply


def _unknown(reply: Reply) -> ProviderUnavailable:
    """A 4xx to a question says nothing of the payment: it stays pending and an operator is told."""
    code = _code_of(reply.json_or_empty()) or f"HTTP {reply.status_code}"
    logger.error("MTN refused a question", extra={"provider": "mtn_momo", "status": reply.status_code, "code": code})
    return ProviderUnavailable(reasons.MISCONFIGURED, code)
