"""PayPal: Orders v2 by redirect, capture after the payer's approval, refunds, and verified webhooks.

An order that is COMPLETED is not yet paid: only its capture's status says so.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
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
    Reversals,
    Started,
)
from billing.providers.links import leads_to
from billing.providers.parsing import member, text_of, webhook_object
from billing.providers.paypal_api import CredentialsRefused, PayPalApi, PayPalConfig, issue_of, status_of
from billing.providers.paypal_reading import (
    amount_of,
    dispute_of,
    event_ref,
    refund_state_of,
    refunded_of,
    state_of_order,
)

__all__ = ["PayPalApi", "PayPalConfig", "PayPalProvider"]

LOCALES = {"fr": "fr-FR", "en": "en-US"}
THREE_HOURS = 3 * 3600
REPRESENTATION = {"Prefer": "return=representation"}

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
    "TRANSACTION_DISPUTED": reasons.DISPUTED,
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK": reasons.DISPUTED,
    "REFUND_TIME_LIMIT_EXCEEDED": reasons.TOO_LATE,
}
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
        body = self._order_body(attempt)
        headers = {"PayPal-Request-Id": str(attempt.idempotency_key), **REPRESENTATION}
        try:
            order = self._api.post("/v2/checkout/orders", body, headers=headers)
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
        order = self._read(_order_path(attempt))
        if order is None:
            return ProviderState(Outcome.NOT_FOUND, provider_ref=attempt.provider_ref)
        return state_of_order(order)

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
        return state_of_order(order)

    def refund(self, attempt: Attempt, *, transaction_ref: str, amount: Money, key: UUID) -> RefundState:
        """Refund part or all of a capture (`transaction_ref`), in the capture's currency."""
        path = f"/v2/payments/captures/{quote(transaction_ref, safe='')}/refund"
        body = {"amount": amount_of(amount)}
        try:
            document = self._api.post(path, body, headers={"PayPal-Request-Id": str(key), **REPRESENTATION})
        except CredentialsRefused as error:
            raise ProviderRefused(error.reason, error.detail) from None
        except sdk_errors.ClientError as error:
            issue = issue_of(error)
            if status_of(error) == 409:
                raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, issue) from None
            raise ProviderRefused(REFUND_ISSUES.get(issue, reasons.UNKNOWN), issue) from None
        return refund_state_of(document)

    def fetch_refund(self, attempt: Attempt, *, refund_ref: str, key: UUID) -> RefundState:
        """Read a refund. One whose id never reached us is NOT_FOUND: `refund` finds it by its key, for 45 days."""
        if not refund_ref:
            return RefundState(Outcome.NOT_FOUND, refund_ref="")
        document = self._read(f"/v2/payments/refunds/{quote(refund_ref, safe='')}")
        if document is None:
            return RefundState(Outcome.NOT_FOUND, refund_ref=refund_ref)
        return refund_state_of(document)

    def fetch_reversals(self, attempt: Attempt, *, transaction_ref: str) -> Reversals:
        """Read the order's refunds of a capture, and the disputes about it: two calls, and one per dispute that ended."""
        capture, refunds = self._capture_and_refunds(attempt, transaction_ref)
        question = urlencode({"disputed_transaction_id": transaction_ref})
        found = member(self._read(f"/v1/customer/disputes?{question}"), "items")
        disputes = [dispute for dispute in found if isinstance(dispute, dict)] if isinstance(found, list) else []
        return Reversals(
            refunded=None if capture is None else refunded_of(capture, refunds),
            disputes=tuple(dispute_of(self._in_full(dispute)) for dispute in disputes),
        )

    def verify_webhook(
        self,
        *,
        headers: dict[str, str],
        body: bytes,
        attempt: Attempt | None = None,
        received_at: datetime | None = None,
    ) -> EventRef:
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
        return event_ref(event)

    def check_health(self) -> None:
        """Ask for a fresh token: it shows that PayPal answers and knows our credentials."""
        try:
            self._api.check_credentials()
        except CredentialsRefused as error:
            raise ProviderRefused(error.reason, error.detail) from None

    def _read(self, path: str) -> dict[str, Any] | None:
        """A document; None when PayPal does not know it."""
        try:
            return dict(self._api.get(path))
        except sdk_errors.ResourceNotFound:
            return None
        except sdk_errors.ClientError as error:
            raise _unknown(error) from None

    def _capture_and_refunds(self, attempt: Attempt, capture_id: str) -> tuple[dict[str, Any] | None, list[object]]:
        """A capture and its order's refunds; a capture alone, without knowing of refunds, once the order is forgotten."""
        order = self._read(_order_path(attempt)) if attempt.provider_ref else None
        payments = member(order, "purchase_units", 0, "payments")
        captures, refunds = member(payments, "captures"), member(payments, "refunds")
        for capture in captures if isinstance(captures, list) else []:
            if member(capture, "id") == capture_id:
                return capture, refunds if isinstance(refunds, list) else []
        return self._read(f"/v2/payments/captures/{quote(capture_id, safe='')}"), []

    def _in_full(self, dispute: dict[str, Any]) -> dict[str, Any]:
        """A dispute with its outcome, which the list does not hold."""
        if dispute.get("status") != "RESOLVED":
            return dispute
        return self._read(f"/v1/customer/disputes/{quote(text_of(dispute.get('dispute_id')), safe='')}") or dispute

    def _order_body(self, attempt: Attempt) -> dict[str, Any]:
        return {
            "intent": "CAPTURE",
            "purchase_units": [
                {
                    "reference_id": "default",
                    "custom_id": self.reference_for(attempt),
                    "invoice_id": str(attempt.id),
                    "description": attempt.description[:127],
                    "amount": amount_of(attempt.charge),
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
        """True for an address at PayPal; see `leads_to`."""
        return leads_to(url, host_suffix=self.config.approve_host_suffix, base_url=self.config.base_url)

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
