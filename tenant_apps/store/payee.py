"""The store's side of payments: what an order costs, and what money does to it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.money import Money
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import own_path
from tenant_apps.payments.bills import Bill
from tenant_apps.payments.models import Payment, Refund
from tenant_apps.store.models import Order, Shop
from tenant_apps.store.rules.invoicing import Paid, is_to_be_invoiced
from tenant_apps.store.selectors.orders import due_of, given_back_of_sale, owed_of
from tenant_apps.store.services.invoices import issue_credit_note, issue_invoice
from tenant_apps.store.services.order_mail import tell_of_order
from tenant_apps.store.services.orders import confirm_order, note_event, renew_hold

PURPOSE = "store.order"


class OrderPayee:
    """Orders are paid by what `tenant_apps.payments` believes; see its `Payee` for the contract."""

    purpose = PURPOSE

    def lock(self, subject: UUID) -> None:
        """Lock the order's row."""
        _order(subject, locked=True)

    def bill_of(self, subject: UUID) -> Bill:
        """What is still to be paid of an order. An order on its way may be paid too: cash is collected at the door."""
        order = _order(subject)
        due = Money(due_of(order), order.currency)
        why_not = ""
        if order.status == Order.Status.CANCELLED:
            why_not = _("This order was cancelled. Nothing was charged for it.")
            if order.paid_minor:
                why_not = _("This order was cancelled.")
        elif not due:
            why_not = _("This order is paid.")
        shop = Shop.objects.get()
        with override(order.locale):
            description = _("%(shop)s, order %(number)s") % {"shop": shop.name, "number": order.number}
        return Bill(
            purpose=PURPOSE, subject=order.pk, number=order.number, due=due, description=description,
            locale=order.locale, payable=not why_not, why_not=why_not,
            return_path=own_path("store:order", order.pk), email=order.email, name=order.name, phone=order.phone, seller=shop.name,
            owed_minor=owed_of(order),
        )  # fmt: skip

    def started(self, payment: Payment) -> None:
        """Hold the goods while somebody pays. Raises OutOfStock: then nothing is begun."""
        order = _order(payment.subject)
        if order.status == Order.Status.PENDING:
            renew_hold(order=order)

    def paid(self, payment: Payment, *, amount: Money) -> bool:
        """Note the money; an order that is paid whole is confirmed, and its customer told so. More than was due, or money for
        an order that was cancelled, is shown to staff, to be given back."""
        order = _order(payment.subject)
        Order.objects.filter(pk=order.pk).update(paid_minor=F("paid_minor") + amount.minor)
        order.refresh_from_db()
        whole = not due_of(order)
        is_late = order.status == Order.Status.CANCELLED
        kind = "paid_late" if is_late else "paid" if whole else "part_paid"
        note_event(order, kind, by=payment.decided_by, minor=amount.minor, method=payment.method)
        record(action="store.order.paid", category=AuditCategory.ORDER, resource=order,
               before={"paid_minor": order.paid_minor - amount.minor}, after={"paid_minor": order.paid_minor})  # fmt: skip
        is_confirmed = whole and order.status == Order.Status.PENDING
        if is_confirmed:
            confirm_order(order=order)
        if is_to_be_invoiced(order):
            issue_invoice(order=order)
        return is_confirmed

    def refunded(self, refund: Refund, *, amount: Money) -> bool:
        """Note money that was given back, and tell the customer, unless it was they who took it back. A credit note says
        what of the sale was given back, not what had been paid twice."""
        order = _order(refund.payment.subject)
        before = given_back_of_sale(order)
        Order.objects.filter(pk=order.pk).update(refunded_minor=F("refunded_minor") + amount.minor)
        order.refresh_from_db()
        credited = Money(given_back_of_sale(order) - before, order.currency)
        note_event(order, "refunded", minor=amount.minor)
        record(action="store.order.refunded", category=AuditCategory.ORDER, resource=order,
               before={"refunded_minor": order.refunded_minor - amount.minor},
               after={"refunded_minor": order.refunded_minor})  # fmt: skip
        back = Paid(
            str(refund.payment.get_method_display()),
            credited,
            timezone.localdate(),
            refund.manual_reference or refund.payment.subject_number,
        )
        issue_credit_note(order=order, reason=refund.reason, key=str(refund.pk), amount=credited, paid_back=[back])
        if refund.origin != Refund.Origin.DISPUTE:
            tell_of_order(order, "refunded", occasion=str(refund.pk), amount=amount.display(order.locale))
        return True


def _order(subject: UUID, *, locked: bool = False) -> Order:
    orders = Order.objects.select_for_update() if locked else Order.objects.all()
    order = orders.filter(pk=subject).first()
    if order is None:
        raise Http404
    return order
