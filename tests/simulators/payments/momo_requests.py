"""Requests to pay and what becomes of them: by the sandbox's number, by the clock, or by whoever holds the phone."""

from __future__ import annotations

import re
import secrets
import time
from decimal import Decimal
from typing import Any

from tests.simulators.payments.settings import Settings
from tests.simulators.payments.state import State
from tests.simulators.payments.webhooks import Sender

Document = dict[str, Any]

SUCCESSFUL, FAILED, PENDING, CREATED = "SUCCESSFUL", "FAILED", "PENDING", "CREATED"
FINAL = frozenset({SUCCESSFUL, FAILED, "REJECTED", "TIMEOUT", "EXPIRED"})
OPEN = frozenset({PENDING, CREATED})

SANDBOX_NUMBER = re.compile(r"467331234\d\d")
# The last two digits of a sandbox number and the reason it fails with, at once. Where MTN's tables differ from what
# was measured, this follows what was measured.
FAILING_NUMBERS = {
    "50": "INTERNAL_PROCESSING_ERROR",
    "51": "APPROVAL_REJECTED",
    "52": "EXPIRED",
    "55": "PAYER_NOT_FOUND",
    "58": "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "59": "INVALID_CALLBACK_URL_HOST",
    "60": "INVALID_CURRENCY",
    "61": "INTERNAL_PROCESSING_ERROR",
    "63": "COULD_NOT_PERFORM_TRANSACTION",
}
ONGOING, DELAYED = "53", "54"
CALLBACK_DELAY = 0.2  # MTN answers 202 before it calls back


class Requests:
    """The requests to pay of one simulator. Every change of status is made here, under the state's lock."""

    def __init__(self, state: State, settings: Settings, sender: Sender) -> None:
        self._state, self._settings, self._sender = state, settings, sender

    def add(self, reference: str, document: Document) -> None:
        """Keep a new request, and let time work on it."""
        delayed = _sandbox_case(document) == DELAYED
        document |= {"status": CREATED if delayed else PENDING, "made_at": time.time(), "charged": 0}
        self._state.put("momo_request", reference, document)
        waits = {CALLBACK_DELAY, self._settings.momo_window + CALLBACK_DELAY}
        waits.add((self._settings.momo_delay if delayed else self._settings.momo_auto or 0) + CALLBACK_DELAY)
        for wait in waits:
            self._sender.later(wait, self.read, reference)

    def read(self, reference: str) -> Document | None:
        """A request as it stands now."""
        with self._state.lock:
            document = self._state.get("momo_request", reference)
            if document is None or document["status"] not in OPEN or document.get("held"):
                return document
            outcome = self._outcome(document)
            return self.decide(reference, *outcome) if outcome else document

    def decide(self, reference: str, status: str, reason: str = "") -> Document | None:
        """Set a status, count the money once, and call back if it is final."""
        with self._state.lock:
            document = self._state.get("momo_request", reference)
            if document is None or document["status"] == SUCCESSFUL:
                return document
            document |= {"status": status, "reason": reason, "held": status not in FINAL}
            if status == SUCCESSFUL:
                document |= {"financialTransactionId": str(secrets.randbelow(9 * 10**8) + 10**8), "reason": ""}
                document["charged"] += 1
            self._state.put("momo_request", reference, document)
        if status in FINAL:
            self._sender.callback(document["callback_url"], represent(document, reference), reference=reference)
        return document

    def decide_open(self, reference: str, status: str, reason: str = "") -> Document | None:
        """As `decide`, but only while the payer may still choose."""
        with self._state.lock:
            document = self.read(reference)
            if document is None or document["status"] not in OPEN:
                return document
            return self.decide(reference, status, reason)

    def waiting(self, msisdn: str = "") -> list[tuple[str, Document]]:
        """Requests a payer can decide now, of one number or of all."""
        references = [reference for reference, _ in self._state.all("momo_request")]
        current = [(reference, self.read(reference)) for reference in references]
        return [
            (reference, document)
            for reference, document in current
            if document and document["status"] in OPEN and (not msisdn or document["msisdn"] == msisdn)
        ]

    def _outcome(self, document: Document) -> tuple[str, str] | None:
        age = time.time() - document["made_at"]
        case = _sandbox_case(document)
        if case == ONGOING:
            return None
        if case == DELAYED:
            return (SUCCESSFUL, "") if age >= self._settings.momo_delay else None
        if case:
            return (FAILED, FAILING_NUMBERS[case]) if case in FAILING_NUMBERS else (SUCCESSFUL, "")
        if self._settings.momo_auto is not None and age >= self._settings.momo_auto:
            return SUCCESSFUL, ""
        return (FAILED, "COULD_NOT_PERFORM_TRANSACTION") if age >= self._settings.momo_window else None


def _sandbox_case(document: Document) -> str:
    """The last two digits of a sandbox number, "" for any other."""
    return document["msisdn"][-2:] if SANDBOX_NUMBER.fullmatch(document["msisdn"]) else ""


def represent(document: Document, reference: str) -> Document:
    """A request as MTN shows it: the amount normalised, the reason bare text, the reference not repeated."""
    shown = {
        "amount": f"{Decimal(document['amount']).normalize():f}",
        "currency": document["currency"],
        "externalId": document["externalId"],
        "payer": {"partyIdType": "MSISDN", "partyId": document["msisdn"]},
        "payerMessage": document.get("payerMessage", ""),
        "payeeNote": document.get("payeeNote", ""),
        "status": document["status"],
    }
    for name in ("financialTransactionId", "reason"):
        if document.get(name):
            shown[name] = document[name]
    return shown
