"""Every way a payment ends badly is told in plain words with the next step (B16); French is asked for by tests/test_messages.py."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.functional import Promise
from django.utils.translation import override

from billing import messages, providers
from billing.messages import explain
from billing.providers import momo, reasons

ALL = {value for name, value in vars(reasons).items() if name.isupper()}
# These are no reasons of payments: of a message that is not believed, and of refunds.
OF_OTHERS = {reasons.BAD_SIGNATURE, reasons.DISPUTED, reasons.TOO_LATE}
# What MTN documents and what is seen of it (its "common errors"); of requests that ask, not of payments, are the others.
OF_MTN = [
    "PAYER_NOT_FOUND",
    "PAYEE_NOT_FOUND",
    "PAYEE_NOT_ALLOWED_TO_RECEIVE",
    "NOT_ENOUGH_FUNDS",
    "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED",
    "PAYER_LIMIT_REACHED",
    "PAYEE_LIMIT_REACHED",
    "APPROVAL_REJECTED",
    "PAYMENT_NOT_APPROVED",
    "EXPIRED",
    "TRANSACTION_CANCELED",
    "COULD_NOT_PERFORM_TRANSACTION",
    "INTERNAL_PROCESSING_ERROR",
    "SENDER_ACCOUNT_NOT_ACTIVE",
    "SERVICE_UNAVAILABLE",
    "NOT_ALLOWED",
    "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "INVALID_CALLBACK_URL_HOST",
    "INVALID_CURRENCY",
    "VALIDATION_ERROR",
]


def codes_of_providers() -> Iterator[tuple[str, str, str]]:
    """Provider, its own code, and our reason for it, from every table of every client."""
    for module in pkgutil.iter_modules(providers.__path__):
        for table in vars(importlib.import_module(f"billing.providers.{module.name}")).values():
            for code, mapped in table.items() if isinstance(table, dict) else ():
                for value in mapped if isinstance(mapped, tuple) else (mapped,):
                    if isinstance(value, str) and value in ALL:
                        yield module.name, str(code), str(value)


CODES = sorted(set(codes_of_providers()))


def test_the_tables_of_the_providers_are_found() -> None:
    assert {"momo", "moov", "wave", "stripe", "orange_money", "paypal"} <= {provider for provider, *_ in CODES}
    assert ("momo", "NOT_ENOUGH_FUNDS", "insufficient_funds") in CODES
    assert set(OF_MTN) <= set(momo.REASONS)


@pytest.mark.parametrize(("provider", "code", "reason"), CODES)
def test_every_code_of_every_provider_has_its_own_words(provider: str, code: str, reason: str) -> None:
    if reason not in OF_OTHERS | {reasons.UNKNOWN}:
        assert explain(reason) is not explain(reasons.UNKNOWN)


@pytest.mark.parametrize("reason", sorted(ALL))
def test_every_reason_says_what_happened_and_what_to_do_and_names_no_provider(reason: str) -> None:
    words = explain(reason)
    assert (words is explain("never heard of")) == (reason in OF_OTHERS | {reasons.UNKNOWN})
    for text in (words.what, words.next_step):
        assert isinstance(text, Promise)  # it is translated
        with override("en"):
            assert str(text).endswith(".")
            assert not any(name in str(text) for name in ("PayPal", "MTN", "MoMo", "Stripe", "Orange", "Wave", "Moov"))


def test_nothing_is_explained_that_is_no_reason() -> None:
    assert set(messages._EXPLANATIONS) <= ALL
    refunds: set[Any] = set(messages.REFUND_FAILURES) - {messages.EXTERNAL, messages.NOT_SENT}
    assert refunds <= ALL
    assert OF_OTHERS - {reasons.BAD_SIGNATURE} <= refunds
