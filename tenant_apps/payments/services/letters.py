"""Word to who pays, where the product says nothing itself, and to who looks after the ways to pay.

Every letter is queued in the transaction of what it tells, once, and leaves after commit.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import override

from billing.money import Money
from shared_apps.accounts.models import User
from shared_apps.core.context import own_path, own_url
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.current import current_tenant
from tenant_apps.payments.bills import payee_for
from tenant_apps.payments.models import Method, Payment, Refund
from tenant_apps.payments.permissions import MANAGE_METHODS, REFUND
from tenant_apps.team.selectors import members, role_standing


def tell_payer(payment: Payment, what: str, *, amount: Money, occasion: str = "", **context: Any) -> None:
    """Queue word of a payment (received, review, proof, rejected, dismissed, refunded) to its payer, in their language.

    In the caller's transaction; once for each `occasion`. Nobody is written to whose address the bill does not know.
    """
    locale = payment.locale
    with override(locale):
        bill = payee_for(payment.purpose).bill_of(payment.subject)
        method = str(payment.get_method_display())
    if not bill.email:
        return
    known = {
        "name": bill.name, "seller": bill.seller or current_tenant().name, "number": payment.subject_number,
        "amount": amount.display(locale), "method": method, "is_test": payment.is_test,
        "url": own_url(own_path("payments:payment", payment.pk)),
        "order_url": own_url(bill.return_path) if bill.return_path else "",
        "due": bill.due.display(locale) if bill.payable else "", "why_not": str(bill.why_not),
        "pay_url": own_url(own_path("payments:choose", payment.purpose, payment.subject)),
    }  # fmt: skip
    notify_by_email(
        key=f"payment:{payment.pk}:{what}:{occasion}", template=f"customer_payment_{what}", recipient=bill.email,
        locale=locale, context={**known, **context},
    )  # fmt: skip


def tell_managers(method: Method) -> None:
    """Queue word that customers cannot choose a way to pay for now, to everybody who may set ways up; once each time it is
    hidden. In the caller's transaction."""
    assert method.hidden_since is not None
    for person in _people(MANAGE_METHODS):
        with override(person.locale):
            shown = str(method)
        _tell(person, f"way-hidden:{method.name}:{method.hidden_since.isoformat()}", "payment_way_hidden",
              url=own_url(own_path("payments:staff_method", method.name)), method=shown,
              is_refused=method.is_refused)  # fmt: skip


def tell_of_dispute(refund: Refund) -> None:
    """Queue word that a payer disputes a payment, to everybody who may give money back; once a dispute. In the caller's
    transaction."""
    payment = refund.payment
    for person in _people(REFUND):
        with override(person.locale):
            shown = str(payment.get_method_display())
        _tell(person, f"payment-disputed:{refund.pk}", "customer_payment_disputed",
              url=own_url(own_path("payments:staff_payment", payment.pk)), method=shown,
              number=payment.subject_number, amount=refund.amount.display(person.locale))  # fmt: skip


def _tell(person: User, key: str, template: str, **context: Any) -> None:
    who = {"name": person.get_full_name(), "organisation": current_tenant().name}
    notify_by_email(
        key=f"{key}:{person.pk}", template=template, recipient=person.email, locale=person.locale,
        context={**who, **context},
    )  # fmt: skip


def _people(permission: str) -> list[User]:
    """Everybody who works here and may do something. One query."""
    team = members().filter(user__is_active=True)
    return [one.user for one in team if permission in role_standing(one.role).codes]
