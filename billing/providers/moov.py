"""Moov Money: a request that the payer approves on the phone with a PIN, then polling. Benin's merchant SOAP.

Moov calls nobody back. What it says of a repeated reference is not documented, so nothing is sent before the status of
its reference has been read. A call may block for half a minute: only workers should make one.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    ProviderUnavailable,
    RefundState,
    Reversals,
    Started,
)
from billing.providers.moov_soap import Answer, Fields, answer_of, request_of
from billing.providers.parsing import money_of
from billing.providers.texts import plain_message
from billing.providers.transport import Transport, mask_phone

MSISDN = re.compile(r"[1-9]\d{7,14}")
FIVE_MINUTES = 5 * 60  # then Moov gives up waiting for the PIN
NOBODY = UUID(int=0)
DONE, PENDING, BAD_TOKEN, NOT_KNOWN, FAILED_OR_PENDING = "0", "100", "98", "94", "95"
# Codes after which nothing moved; all others leave the payment open.
FAILURES = {
    "3": reasons.PAYER_NOT_FOUND,  # not a number
    "7": reasons.PAYER_INACTIVE,  # locked
    "9": reasons.PAYER_INACTIVE,
    "10": reasons.INSUFFICIENT_FUNDS,
    "92": reasons.APPROVAL_EXPIRED,  # the request on the phone ended without an approval
    "95": reasons.UNKNOWN,
    "98": reasons.MISCONFIGURED,
    "555": reasons.PAYER_NOT_FOUND,  # has no wallet
}

logger = logging.getLogger("billing.providers.moov")


@dataclass(frozen=True, slots=True)
class MoovConfig:
    """One Moov merchant: the address of its service and the opaque token that Moov gave. Time-outs are in seconds.

    `transfer_type` is what a transfer's status is asked for by; Moov's documents differ by country.
    """

    base_url: str
    token: str = field(repr=False)
    currency: str = "XOF"
    transfer_type: str = "TRANSFER"
    connect_timeout: float = 5
    read_timeout: float = 90


class MoovProvider:
    """The Provider protocol for Moov Money. One instance per merchant."""

    name: str = "moov"

    def __init__(self, config: MoovConfig) -> None:
        self.config = config
        self.capabilities = Capabilities(
            flow=Flow.PUSH,
            currencies=frozenset({config.currency}),
            needs_phone=True,
            attempt_lifetime_seconds=FIVE_MINUTES,
        )
        self._transport = Transport(
            provider=self.name, connect_timeout=config.connect_timeout, read_timeout=config.read_timeout
        )
        self._lock = threading.Lock()
        self._being_sent: set[str] = set()

    @property
    def account(self) -> str:
        """A word for the merchant behind the token: Moov's answers name none."""
        return self.name

    def reference_for(self, attempt: Attempt) -> str:
        """Our `externaldata1`, which Moov calls `transid` when it is asked."""
        return str(attempt.idempotency_key)

    def start(self, attempt: Attempt) -> Started:
        """Send the request to the payer's phone, unless Moov knows its reference already.

        Two calls at once in one process send one request; two processes must not start the same attempt at once.
        """
        self._check_can_send(attempt, attempt.charge)
        reference = self.reference_for(attempt)
        with self._alone(reference):
            if self.fetch(attempt).outcome is Outcome.NOT_FOUND:
                self._push(attempt, reference)
        return Started(provider_ref=reference)

    def fetch(self, attempt: Attempt) -> ProviderState:
        """Read the request's status. It works without a known `provider_ref`: our key is the reference.

        Moov need not repeat the amount: a request is approved as a whole, and its reference is ours alone.
        """
        reference = self.reference_for(attempt)
        answer = self._status("PUSH", reference)
        outcome, reason = _outcome(answer)
        said = answer.fields.get("amount")
        return ProviderState(
            outcome=outcome,
            amount=attempt.charge if said is None else money_of(said, self.config.currency),
            account=self.account,
            reference=answer.fields.get("transid") or reference,
            provider_ref=reference,
            transaction_ref=answer.fields.get("referenceid", ""),
            reason=reason,
        )

    def capture(self, attempt: Attempt) -> ProviderState:
        """The same as `fetch`: an approved request is paid."""
        return self.fetch(attempt)

    def refund(self, attempt: Attempt, *, transaction_ref: str, amount: Money, key: UUID) -> RefundState:
        """Send money to the payer's wallet, unless Moov knows a transfer with this key already."""
        self._check_can_send(attempt, amount)
        with self._alone(str(key)):
            known = self.fetch_refund(attempt, refund_ref="", key=key)
            if known.outcome is not Outcome.NOT_FOUND:
                return known
            answer = self._call(
                "transferFlooz",
                {
                    "destination": f"+{attempt.phone}",
                    "amount": str(amount.minor),
                    "referenceid": str(key),
                    "walletid": "0",
                    "extendeddata": plain_message(f"Remboursement {attempt.order_number}"),
                },
                wrapped=True,
            )
        outcome, reason = _outcome(answer)
        if outcome is Outcome.FAILED:
            raise self._refusal(answer, attempt)
        return RefundState(outcome, refund_ref=str(key), amount=amount, reason=reason)

    def fetch_refund(self, attempt: Attempt, *, refund_ref: str, key: UUID) -> RefundState:
        """Read the transfer's status. It works without a known `refund_ref`: the key is the reference."""
        reference = refund_ref or str(key)
        answer = self._status(self.config.transfer_type, reference)
        outcome, reason = _outcome(answer)
        said = answer.fields.get("amount")
        amount = None if said is None else money_of(said, self.config.currency)
        return RefundState(outcome, refund_ref=reference, amount=amount, reason=reason)

    def fetch_reversals(self, attempt: Attempt, *, transaction_ref: str) -> Reversals:
        """Nothing: Moov does not say."""
        return Reversals()

    def verify_webhook(
        self,
        *,
        headers: dict[str, str],
        body: bytes,
        attempt: Attempt | None = None,
        received_at: datetime | None = None,
    ) -> EventRef:
        """Always InvalidSignature: Moov calls nobody."""
        raise InvalidSignature(reasons.BAD_SIGNATURE, "Moov has no webhooks")

    def check_health(self) -> None:
        """Ask for a reference that is nobody's: it shows that Moov answers and knows our token."""
        try:
            self._status("PUSH", str(NOBODY))
        except ProviderUnavailable as error:
            if error.reason == reasons.MISCONFIGURED:
                raise ProviderRefused(error.reason, error.detail) from None
            raise

    def _check_can_send(self, attempt: Attempt, amount: Money) -> None:
        if amount.currency != self.config.currency or EXPONENTS[amount.currency]:
            raise ProviderRefused(reasons.NOT_TAKEN, f"this merchant takes {self.config.currency}")
        if amount.minor <= 0:
            raise ProviderRefused(reasons.MISCONFIGURED, "nothing to move")
        if not MSISDN.fullmatch(attempt.phone):
            raise ProviderRefused(reasons.PAYER_NOT_FOUND, "not digits with a country code")

    def _push(self, attempt: Attempt, reference: str) -> None:
        answer = self._call(
            "PushWithPending",
            {
                "msisdn": f"+{attempt.phone}",
                "message": plain_message(attempt.description),
                "amount": str(attempt.charge.minor),
                "externaldata1": reference,
                "externaldata2": plain_message(attempt.order_number),
                "fee": "0",
            },
        )
        outcome, reason = _outcome(answer)
        if outcome is Outcome.FAILED:
            raise self._refusal(answer, attempt)
        if outcome is Outcome.NOT_FOUND or reason:
            raise ProviderUnavailable(reasons.UNKNOWN, f"status {answer.status[:20]}")

    def _status(self, kind: str, reference: str) -> Answer:
        """What Moov says of a reference. Raises ProviderUnavailable when it only says that our token is bad."""
        answer = self._call(
            "getTransactionStatusImmediate", {"transactiontype": kind, "transid": reference}, wrapped=True
        )
        if answer.status == BAD_TOKEN:
            logger.error("Moov refused our token", extra={"provider": self.name})
            raise ProviderUnavailable(reasons.MISCONFIGURED, f"status {BAD_TOKEN}")
        return answer

    def _call(self, operation: str, fields: Fields, *, wrapped: bool = False) -> Answer:
        """Send one operation; raises ProviderUnavailable for what is no answer, whatever it means for the money."""
        inner: Fields = {"request": fields} if wrapped else fields
        reply = self._transport.send(
            "POST",
            self.config.base_url,
            operation=operation,
            headers={"Content-Type": "text/xml; charset=UTF-8", "Accept": "text/xml", "SOAPAction": '""'},
            data=request_of(operation, {"token": self.config.token, **inner}),
        )
        reply.check_available()
        if not reply.ok:
            logger.error("Moov refused a call", extra={"provider": self.name, "status": reply.status_code})
            raise ProviderUnavailable(reasons.MISCONFIGURED, f"HTTP {reply.status_code}")
        return answer_of(reply.text)

    @contextmanager
    def _alone(self, reference: str) -> Iterator[None]:
        """Only one thread of this process is between asking for a reference and sending it."""
        with self._lock:
            if reference in self._being_sent:
                raise ProviderUnavailable(reasons.BEING_REVIEWED, "this reference is being sent")
            self._being_sent.add(reference)
        try:
            yield
        finally:
            with self._lock:
                self._being_sent.discard(reference)

    def _refusal(self, answer: Answer, attempt: Attempt) -> ProviderRefused:
        logger.error(
            "Moov refused a request",
            extra={"provider": self.name, "code": answer.status[:20], "phone": mask_phone(attempt.phone)},
        )
        return ProviderRefused(FAILURES.get(answer.status, reasons.UNKNOWN), f"status {answer.status[:20]}")


def _outcome(answer: Answer) -> tuple[Outcome, str]:
    if answer.status == DONE:
        return Outcome.SUCCEEDED, ""
    if answer.status == PENDING or (answer.status == FAILED_OR_PENDING and answer.says_pending):
        return Outcome.PENDING, ""
    if answer.status == NOT_KNOWN:
        return Outcome.NOT_FOUND, ""
    if answer.status in FAILURES:
        return Outcome.FAILED, FAILURES[answer.status]
    logger.error("unknown Moov status", extra={"provider": "moov", "moov_status": answer.status[:20]})
    return Outcome.PENDING, reasons.UNKNOWN
