"""What stands between the approval of a transfer and an open workspace. Nothing is written here."""

from __future__ import annotations

import hashlib
import re

from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from billing import gateways
from billing.models import Order, Payment
from billing.money import Money
from billing.policies import Expected, mismatches
from billing.providers import reasons
from billing.providers.base import Outcome, ProviderState


def obstacles(payment: Payment, *, received: Money, reference: str) -> list[str]:
    """Every reason why approving would send the payment to review, in words; empty when a workspace opens.

    Needs `payment.order`.
    """
    account = gateways.gateway(gateways.BANK_TRANSFER).account
    expected = Expected(payment.charge, payment.provider_account, payment.order.number)
    seen = ProviderState(Outcome.SUCCEEDED, amount=received, account=account, reference=reference)
    amounts = _pair(received, payment.charge)
    words = {
        reasons.CURRENCY_MISMATCH: _("Currency: %(found)s received, %(expected)s expected.") % amounts,
        reasons.AMOUNT_MISMATCH: _("Amount: %(found)s received, %(expected)s expected.") % amounts,
        reasons.ACCOUNT_MISMATCH: _(
            "Account: the payer was told to pay into %(expected)s; our account is now %(found)s."
        )
        % {"expected": payment.provider_account, "found": account},
        reasons.REFERENCE_MISMATCH: _("Reference: %(found)s on the statement, %(expected)s expected.")
        % {"found": reference, "expected": payment.order.number},
    }
    return [words[reason] for reason in mismatches(expected, seen)] + _of_order(payment.order)


def mark_of(found: list[str]) -> str:
    """What a confirmation says yes to; another one for any other list of obstacles."""
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:32]


def tidy_reference(text: str, expected: str) -> str:
    """A reference as typed, or the expected one where only capitals, spaces and hyphens tell them apart."""
    return expected if _bare(text) == _bare(expected) else text


def _of_order(order: Order) -> list[str]:
    if order.status in (Order.Status.PAID, Order.Status.FULFILLED):
        return [_("The order has been paid already. This would be a second payment.")]
    if order.status == Order.Status.CANCELLED:
        return [_("The order was cancelled.")]
    return []


def _pair(received: Money, expected: Money) -> dict[str, str]:
    """Both amounts with their currency's code: two currencies are written FCFA."""
    locale = to_locale(get_language() or "fr")
    amounts = {"found": received, "expected": expected}
    return {name: f"{amount.display(locale)} ({amount.currency})" for name, amount in amounts.items()}


def _bare(text: str) -> str:
    return re.sub(r"[\s-]", "", text).upper()
