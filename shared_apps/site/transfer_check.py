"""What stands between the approval of a transfer and an open workspace. Nothing is written here."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing import gateways
from billing.models import Order, Payment
from billing.money import Money
from billing.providers import reasons
from billing.providers.base import Outcome, ProviderState
from billing.providers.judging import Expected, mismatches
from shared_apps.core.numbers import reader_locale


@dataclass(frozen=True, slots=True)
class Differences:
    """What is not as expected: `review` opens nothing, `amount` says what another amount does instead."""

    review: tuple[str, ...] = ()
    amount: str = ""

    @property
    def words(self) -> list[str]:
        return [*self.review, *([self.amount] if self.amount else [])]


def differences(payment: Payment, *, received: Money, reference: str) -> Differences:
    """All that is not as expected, in words; nothing when approving does what the order wants. Needs `payment.order`."""
    order = payment.order
    account = gateways.gateway(gateways.BANK_TRANSFER).account
    expected = Expected(payment.charge, payment.provider_account, order.number)
    seen = ProviderState(Outcome.SUCCEEDED, amount=received, account=account, reference=reference)
    found = mismatches(expected, seen)
    words = {
        reasons.CURRENCY_MISMATCH: _("Currency: %(found)s received, %(expected)s expected.")
        % _pair(received, payment.charge),
        reasons.ACCOUNT_MISMATCH: _(
            "Account: the payer was told to pay into %(expected)s; our account is now %(found)s."
        )
        % {"expected": payment.provider_account, "found": account},
        reasons.REFERENCE_MISMATCH: _("Reference: %(found)s on the statement, %(expected)s expected.")
        % {"found": reference, "expected": order.number},
    }
    review = [words[reason] for reason in found if reason in words] + of_order(order)
    amount = ""
    if reasons.CURRENCY_MISMATCH not in found and order.status in Order.PAYABLE and received != order.due:
        amount = _amount_words(received, order)
        if order.status == Order.Status.EXPIRED and received < order.due:
            review.append(_("The order has expired: part of its money does not open it again."))
    return Differences(tuple(review), amount)


def _amount_words(received: Money, order: Order) -> str:
    amounts = _pair(received, order.due)
    locale = reader_locale()
    if received < order.due:
        left = {"left": (order.due - received).display(locale)}
        return _("Amount: %(found)s of %(expected)s. It pays part of the order; %(left)s is left to pay.") % {
            **amounts, **left
        }  # fmt: skip
    more = {"more": (received - order.due).display(locale)}
    return _("Amount: %(found)s for %(expected)s. The order is paid, and %(more)s becomes credit.") % {
        **amounts,
        **more,
    }


def mark_of(found: list[str]) -> str:
    """What a confirmation says yes to; another one for any other list of obstacles."""
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:32]


def tidy_reference(text: str, expected: str) -> str:
    """A reference as typed, or the expected one where only capitals, spaces and hyphens tell them apart."""
    return expected if _bare(text) == _bare(expected) else text


def of_order(order: Order) -> list[str]:
    """Why an order wants no money any more, in words."""
    if order.status in (Order.Status.PAID, Order.Status.FULFILLED):
        return [_("The order has been paid already. This would be a second payment.")]
    if order.status == Order.Status.CANCELLED:
        return [_("The order was cancelled.")]
    return []


def _pair(received: Money, expected: Money) -> dict[str, str]:
    """Both amounts with their currency's code: two currencies are written FCFA."""
    locale = reader_locale()
    amounts = {"found": received, "expected": expected}
    return {name: f"{amount.display(locale)} ({amount.currency})" for name, amount in amounts.items()}


def _bare(text: str) -> str:
    return re.sub(r"[\s-]", "", text).upper()
