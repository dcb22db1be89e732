"""PayPal: Orders v2 by redirect, capture after the payer's approval, refunds, and verified webhooks.

An order that is COMPLETED is not yet paid: only its capture's status says so.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit
from uuid import UUID

from paypalrestsdk import exceptions as sdk_errors

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
    Started,
)
from billing.providers.parsing import member, money_of, text_of, uuid_of, webhook_object
from billing.providers.paypal_api import CredentialsRefused, PayPalApi, PayPalConfig, issue_of, status_of

__all__ = ["PayPalApi", "PayPalConfig", "PayPalProvider"]

CHARGED_IN = frozenset({"EUR", "USD"})  # of the currencies the platform knows, those PayPal takes
LOCALES = {"fr": "fr-FR", "en": "en-US"}
THREE_HOURS = 3 * 3600
REPRESENTATION = {"Prefer": "return=representation"}
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
ORIGIN_PORTS = {"https": 443, "http": 80}

# The payer can mend these on PayPal's page, with the same order.
OPEN_ISSUES = {
    "ORDER_NOT_APPROVED": "",
    "PAYER_ACTION_REQUIRED": "",
    "ORDER_COMPLETION_IN_PROGRESS": "",
    "PREVIOUS_REQUEST_IN_PROGRESS": "",
    "INSTRUMENT_DECLINED": reasons.INSTRUMENT_DECLINED,
}
# PayPal will not take this payment: nothing moved and nothing will.
FINAL_ISSUES = {
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED": reasons.INSTRUMENT_DECLINED,
    "COMPLIANCE_VIOLATION": reasons.INSTRUMENT_DECLINED,
    "TRANSACTION_REFUSED": reasons.INSTRUMENT_DECLINED,
    "PAYER_CANNOT_PAY": reasons.INSTRUMENT_DECLINED,
    "PAYEE_BLOCKED_TRANSACTION": reasons.MISCONFIGURED,
    "PAYEE_ACCOUNT_RESTRICTED": reasons.MISCONFIGURED,
}
REFUND_ISSUES = {
    "CAPTURE_FULLY_REFUNDED": reasons.AMOUNT_MISMATCH,
    "REFUND_AMOUNT_EXCEEDED": reasons.AMOUNT_MISMATCH,
    "REFUND_CAPTURE_CURRENCY_MISMATCH": reasons.CURRENCY_MISMATCH,
    "CURRENCY_MISMATCH": reasons.CURRENCY_MISMATCH,
    "REFUND_FAILED_INSUFFICIENT_FUNDS": reasons.INSUFFICIENT_FUNDS,
    "PENDING_CAPTURE": reasons.BEING_REVIEWED,
}
REFUND_OUTCOMES = {"COMPLETED": Outcome.SUCCEEDED, "CANCELLED": Outcome.FAILED, "FAILED": Outcome.FAILED}
SIGNATURE_HEADERS = {
    "auth_algo": "paypal-auth-algo",
    "cert_url": "paypal-cert-url",
    "transmission_id": "paypal-transmission-id",
    "transmission_sig": "paypal-transmission-sig",
    "transmission_time": "paypal-transmission-time",
}
MAX_HEADER = 2000
APPROVE_RELS = ("payer-action", "approve")

logger = logging.getLogger("billing.providers.paypal")


class PayPalProvider:
    """The Provider protocol for PayPal. One instance per merchant account; it keeps the access token."""

    name: str = "paypal"
    # In the order's currency: francs are charged in euros by a frozen quote.
    capabilities = Capabilities(
        flow=Flow.REDIRECT,
        currencies=frozenset({"XAF", "XOF", "EUR"}),
        minimum={"XAF": 500, "XOF": 500, "EUR": 100},
        attempt_lifetime_seconds=THREE_HOURS,
    )

    def __init__(self, config: PayPalConfig) -> None:
        self.config = config
        self._api = PayPalApi(config)

    @property
    def account(self) -> str:
        """The merchant id of the account that is paid."""
        return self.config.merchant_id

    def reference_for(self, attempt: Attempt) -> str:
        """Our `custom_id` on the order."""
        return str(attempt.id)

    def start(self, attempt: Attempt) -> Started:
        """Create the order, or find the one made with the same key.

        `redirect_url` is empty when the payer has nothing left to do (a repeat after the approval).
        """
        if attempt.charge.currency not in CHARGED_IN:
            raise ProviderRefused(reasons.CURRENCY_MISMATCH, f"PayPal does not take {attempt.charge.currency}")
        headers = {"PayPal-Request-Id": str(attempt.idempotency_key), **REPRESENTATION}
        try:
            order = self._api.post("/v2/checkout/orders", self._order_body(attempt), headers=headers)
        except CredentialsRefused as error:
            raise ProviderRefused(error.reason, error.detail) from None
        except sdk_errors.ClientError as error:
            raise self._refusal_to_start(error) from None
        order_id = text_of(order.get("id"))
        if not order_id:
            raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, "an order without id")
        return Started(provider_ref=order_id, redirect_url=self._approve_url(order))

    def fetch(self, attempt: Attempt) -> ProviderState:
        """Read the order. An attempt whose order id never reached us is NOT_FOUND: `start` finds it by its key."""
        if not attempt.provider_ref:
            return ProviderState(Outcome.NOT_FOUND)
        try:
            order = self._api.get(_order_path(attempt))
        except sdk_errors.ResourceNotFound:
            return ProviderState(Outcome.NOT_FOUND, provider_ref=attempt.provider_ref)
        except sdk_errors.ClientError as error:
            raise _unknown(error) from None
        return _state_of(order)

    def capture(self, attempt: Attempt) -> ProviderState:
        """Take the money of an approved order. Repeats and races end in the same single capture."""
        if not attempt.provider_ref:
            return ProviderState(Outcome.NOT_FOUND)
        headers = {"PayPal-Request-Id": f"cap-{attempt.id}", **REPRESENTATION}
        try:
            order = self._api.post(_order_path(attempt) + "/capture", {}, headers=headers)
        except sdk_errors.ResourceNotFound:
            return ProviderState(Outcome.NOT_FOUND, provider_ref=attempt.provider_ref)
        except sdk_errors.ClientError as error:
            return self._state_after_refused_capture(attempt, error)
        return _state_of(order)

    def refund(self, attempt: Attempt, *, transaction_ref: str, amount: Money, key: UUID) -> RefundState:
        """Refund part or all of a capture (`transaction_ref`), in the capture's currency."""
        path = f"/v2/payments/captures/{quote(transaction_ref, safe='')}/refund"
        body = {"amount": {"value": amount.as_text(), "currency_code": amount.currency}}
        try:
            document = self._api.post(path, body, headers={"PayPal-Request-Id": str(key), **REPRESENTATION})
        except CredentialsRefused as error:
            raise ProviderRefused(error.reason, error.detail) from None
        except sdk_errors.ClientError as error:
            issue = issue_of(error)
            if status_of(error) == 409:
                raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, issue) from None
            raise ProviderRefused(REFUND_ISSUES.get(issue, reasons.UNKNOWN), issue) from None
        paid_back = document.get("amount")
        return RefundState(
            outcome=REFUND_OUTCOMES.get(text_of(document.get("status")), Outcome.PENDING),
            refund_ref=text_of(document.get("id")),
            amount=money_of(member(paid_back, "value"), member(paid_back, "currency_code")),
        )

    def verify_webhook(self, *, headers: dict[str, str], body: bytes) -> EventRef:
        """Let PayPal itself check the signature of the raw body. Nothing is sent for an obvious forgery."""
        event = webhook_object(body)
        signature = self._signature_of(headers)
        if not self.config.webhook_id:
            raise ProviderUnavailable(reasons.MISCONFIGURED, "no webhook id is set")
        fields = json.dumps({**signature, "webhook_id": self.config.webhook_id})
        # The signature covers the bytes received, so they are spliced in and never written anew.
        question = fields[:-1] + ', "webhook_event": ' + body.decode("utf-8") + "}"
        try:
            answer = self._api.post("/v1/notifications/verify-webhook-signature", question)
        except sdk_errors.ClientError as error:
            if status_of(error) in (400, 422):
                raise InvalidSignature(reasons.BAD_SIGNATURE, issue_of(error)) from None
            raise _unknown(error) from None
        if answer.get("verification_status") != "SUCCESS":
            raise InvalidSignature(reasons.BAD_SIGNATURE, "PayPal did not sign this")
        return _event_ref(event)

    def check_health(self) -> None:
        """Ask for a fresh token: it shows that PayPal answers and knows our credentials."""
        try:
            self._api.check_credentials()
        except CredentialsRefused as error:
            raise ProviderRefused(error.reason, error.detail) from None

    def _order_body(self, attempt: Attempt) -> dict[str, Any]:
        return {
            "intent": "CAPTURE",
            "purchase_units": [
                {
                    "reference_id": "default",
                    "custom_id": self.reference_for(attempt),
                    "invoice_id": str(attempt.id),
                    "description": attempt.description[:127],
                    "amount": {"currency_code": attempt.charge.currency, "value": attempt.charge.as_text()},
                }
            ],
            "payment_source": {"paypal": {"experience_context": self._experience(attempt)}},
        }

    def _experience(self, attempt: Attempt) -> dict[str, str]:
        context = {
            "brand_name": self.config.brand_name[:127],
            "locale": LOCALES.get(attempt.locale[:2].lower(), "fr-FR"),
            "landing_page": "NO_PREFERENCE",
            "shipping_preference": "NO_SHIPPING",
            "user_action": "PAY_NOW",
            "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",  # no eCheck that stays pending for days
            "return_url": attempt.return_url,
            "cancel_url": attempt.cancel_url,
        }
        return {key: value for key, value in context.items() if value}

    def _approve_url(self, order: dict[str, Any]) -> str:
        """The link the payer follows; "" when there is none, ProviderRefused when it leads away from PayPal."""
        links = [link for link in order.get("links") or [] if isinstance(link, dict)]
        hrefs = [text_of(link.get("href"), limit=2000) for link in links if link.get("rel") in APPROVE_RELS]
        if not hrefs:
            return ""
        if not self._is_paypal(hrefs[0]):
            logger.error("approve link on a foreign host", extra={"provider": self.name})
            raise ProviderRefused(reasons.MISCONFIGURED, "the approve link leads away from PayPal")
        return hrefs[0]

    def _is_paypal(self, url: str) -> bool:
        """True for https on PayPal's hosts, or for the very origin of a `base_url` that is elsewhere (a simulator)."""
        target, base = _split(url), _split(self.config.base_url)
        if target is None or base is None or target.username or target.password:
            return False
        suffix = self.config.approve_host_suffix
        if str(base.hostname).endswith(suffix):
            return target.scheme == "https" and str(target.hostname).endswith(suffix) and target.port in (None, 443)
        return _origin(target) == _origin(base)

    def _refusal_to_start(self, error: sdk_errors.ClientError) -> ProviderRefused | ProviderUnavailable:
        status, issue = status_of(error), issue_of(error)
        logger.error("PayPal refused an order", extra={"provider": self.name, "status": status, "issue": issue})
        if status == 409 or issue == "DUPLICATE_INVOICE_ID":  # an earlier request of this attempt is, or was, alive
            return ProviderUnavailable(reasons.BEING_REVIEWED, issue)
        return ProviderRefused(FINAL_ISSUES.get(issue, reasons.MISCONFIGURED), issue or f"HTTP {status}")

    def _state_after_refused_capture(self, attempt: Attempt, error: sdk_errors.ClientError) -> ProviderState:
        issue, ref = issue_of(error), attempt.provider_ref
        if issue in ("ORDER_ALREADY_CAPTURED", "DUPLICATE_INVOICE_ID"):
            return self.fetch(attempt)
        if issue in OPEN_ISSUES:
            return ProviderState(Outcome.PENDING, provider_ref=ref, reason=OPEN_ISSUES[issue])
        if issue in FINAL_ISSUES:
            return ProviderState(Outcome.FAILED, provider_ref=ref, reason=FINAL_ISSUES[issue])
        raise _unknown(error) from None

    def _signature_of(self, headers: dict[str, str]) -> dict[str, str]:
        given = {name.lower(): value for name, value in headers.items()}
        signature = {field: given.get(header, "") for field, header in SIGNATURE_HEADERS.items()}
        for value in signature.values():
            if not value or len(value) > MAX_HEADER or not value.isprintable():
                raise InvalidSignature(reasons.BAD_SIGNATURE, "a signature header is missing or malformed")
        if not self._is_paypal(signature["cert_url"]):
            raise InvalidSignature(reasons.BAD_SIGNATURE, "the certificate is not PayPal's")
        return signature


def _order_path(attempt: Attempt) -> str:
    return f"/v2/checkout/orders/{quote(attempt.provider_ref, safe='')}"


def _unknown(error: sdk_errors.ClientError) -> ProviderUnavailable:
    """A 4xx that says nothing of the payment: it stays pending and an operator is told."""
    status, issue = status_of(error), issue_of(error)
    logger.error("PayPal refused a call", extra={"provider": "paypal", "status": status, "issue": issue})
    return ProviderUnavailable(reasons.MISCONFIGURED, issue or f"HTTP {status}")


def _split(url: str) -> SplitResult | None:
    """A URL's parts; None unless its host is a plain name that every parser reads alike."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if HOST_NAME.fullmatch(parts.hostname or "") else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or ORIGIN_PORTS.get(parts.scheme)


def _state_of(order: dict[str, Any]) -> ProviderState:
    """An order as a state. Amount and account come from PayPal's answer alone."""
    unit = member(order, "purchase_units", 0)
    status = text_of(order.get("status"))
    captures = member(unit, "payments", "captures")
    capture = _deciding_capture(captures if isinstance(captures, list) else [], status)
    outcome, reason = _outcome_of_order(status) if capture is None else _outcome_of_capture(capture)
    amount = member(capture, "amount")
    fee = member(capture, "seller_receivable_breakdown", "paypal_fee")
    return ProviderState(
        outcome=outcome,
        amount=money_of(member(amount, "value"), member(amount, "currency_code")),
        account=text_of(member(unit, "payee", "merchant_id")),
        reference=text_of(member(capture, "custom_id") or member(unit, "custom_id")),
        provider_ref=text_of(order.get("id")),
        transaction_ref=text_of(member(capture, "id")),
        reason=reason,
        fee=money_of(member(fee, "value"), member(fee, "currency_code")),
        awaiting_capture=capture is None and status == "APPROVED",
    )


def _deciding_capture(captures: list[Any], order_status: str) -> dict[str, Any] | None:
    """The capture that counts: a completed one if any, else the last.

    A refused capture does not count while the order is open, as the payer may choose another card.
    """
    known = [capture for capture in captures if isinstance(capture, dict)]
    for capture in known:
        if capture.get("status") == "COMPLETED":
            return capture
    if not known or (order_status != "COMPLETED" and known[-1].get("status") in ("DECLINED", "FAILED")):
        return None
    return known[-1]


def _outcome_of_capture(capture: dict[str, Any]) -> tuple[Outcome, str]:
    status = text_of(capture.get("status"))
    if status == "COMPLETED":
        return Outcome.SUCCEEDED, ""
    if status in ("DECLINED", "FAILED"):
        return Outcome.FAILED, reasons.INSTRUMENT_DECLINED
    # A refund that overtook the payment must not open anything either: a person looks at it.
    if status in ("PENDING", "REFUNDED", "PARTIALLY_REFUNDED"):
        return Outcome.PENDING, reasons.BEING_REVIEWED
    logger.error("unknown capture status", extra={"provider": "paypal", "capture_status": status[:40]})
    return Outcome.PENDING, reasons.UNKNOWN


def _outcome_of_order(status: str) -> tuple[Outcome, str]:
    if status in ("CREATED", "SAVED", "APPROVED", "PAYER_ACTION_REQUIRED"):
        return Outcome.PENDING, ""
    if status == "VOIDED":
        return Outcome.FAILED, reasons.CANCELLED
    logger.error("unknown order status", extra={"provider": "paypal", "order_status": status[:40]})
    return Outcome.PENDING, reasons.UNKNOWN


def _event_ref(event: dict[str, Any]) -> EventRef:
    event_id, event_type = text_of(event.get("id")), text_of(event.get("event_type"))
    if not event_id or not event_type:
        raise InvalidSignature(reasons.BAD_SIGNATURE, "an event without id or type")
    resource = event.get("resource")
    if event.get("resource_type") == "checkout-order":
        order_id = text_of(member(resource, "id"))
        custom_id = member(resource, "purchase_units", 0, "custom_id")
    else:
        order_id = text_of(member(resource, "supplementary_data", "related_ids", "order_id"))
        custom_id = member(resource, "custom_id")
    return EventRef(event_id, event_type, provider_ref=order_id, attempt_id=uuid_of(custom_id))
