"""Orders, for those who prepare, send and take them back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.money import Money
from shared_apps.core.errors import DomainError
from tenant_apps.payments.selectors import payments_of
from tenant_apps.payments.services.by_hand import record_cash
from tenant_apps.store import selectors
from tenant_apps.store.forms.orders import CancelForm, CancelPiecesForm, ReturnForm, ShipForm
from tenant_apps.store.models import Location, Order, OrderLine
from tenant_apps.store.payee import PURPOSE
from tenant_apps.store.presenting.links import whatsapp_ask
from tenant_apps.store.presenting.order_pages import story_of
from tenant_apps.store.rules.typed_prices import price_text
from tenant_apps.store.selectors.documents import documents_of
from tenant_apps.store.selectors.orders import (
    VIEWS,
    OrderFilter,
    counts,
    due_of,
    lines_to_cancel,
    lines_to_ship,
    lines_to_take_back,
    list_orders,
    order_by_number,
    order_for_staff,
    owed_of,
)
from tenant_apps.store.services import cancelling, fulfilment
from tenant_apps.store.services.order_mail import order_url
from tenant_apps.store.texts.orders import STATUSES
from tenant_apps.store.views.once import save_once
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import WorkspaceForm, parse_ids
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace


@permission_required("store.view_orders")
@require_safe
def orders(request: StaffRequest) -> HttpResponse:
    """All orders, or those that wait for something."""
    view = request.GET.get("view", "")
    wanted = OrderFilter(
        view=view if view in VIEWS else "", query=request.GET.get("q", "").replace("\x00", "")[:100].strip()
    )
    page = list_orders(wanted, page=request.GET.get("page", "1"))
    context = {
        "page": page,
        "view": wanted.view,
        "query": wanted.query,
        "tabs": _tabs(wanted.view),
        "currency": selectors.shop().currency,
        "words": STATUSES,
    }
    return render_workspace(request, "store/staff/orders.html", context)


def _tabs(current: str) -> list[dict[str, Any]]:
    waiting = counts()
    labels = {
        "": pgettext("orders", "All"),
        "todo": _("To prepare"),
        "unpaid": pgettext("orders", "Unpaid"),
        "on_the_way": _("On the way"),
        "to_refund": _("To give back"),
        "done": pgettext("orders", "Delivered"),
        "cancelled": pgettext("orders", "Cancelled"),
    }
    return [
        {
            "label": label,
            "url": f"?view={name}" if name else "?",
            "current": name == current,
            "count": waiting.get(name, 0),
        }
        for name, label in labels.items()
    ]


@permission_required("store.view_orders")
@require_safe
def order(request: StaffRequest, number: str) -> HttpResponse:
    """One order, with what can be done next."""
    found = order_for_staff(number)
    if found is None:
        raise Http404
    return _page(request, found)


@permission_required("store.change_orders")
@require_POST
def prepare(request: StaffRequest, number: str) -> HttpResponse:
    """Begin to prepare an order."""
    found = order_or_404(number)
    done = _("This order is being prepared.")
    return _done(request, found, lambda: fulfilment.prepare_order(order_id=found.pk, by=request.user), done)


@permission_required("store.change_orders")
@require_POST
def settle(request: StaffRequest, number: str) -> HttpResponse:
    """Set the goods aside that were missing."""
    found = order_or_404(number)
    done = _("All goods are set aside.")
    return _done(request, found, lambda: fulfilment.settle_shortage(order_id=found.pk, by=request.user), done)


@permission_required("store.change_orders")
@require_POST
def deliver(request: StaffRequest, number: str) -> HttpResponse:
    """The customer has the goods."""
    found = order_or_404(number)
    done = _("The customer has the goods. The invoice is ready below.")
    return _done(request, found, lambda: fulfilment.deliver_order(order_id=found.pk, by=request.user), done)


@permission_required("store.change_orders")
@require_POST
def cash(request: StaffRequest, number: str) -> HttpResponse:
    """The customer has paid in cash what was due when the page was shown."""
    found = order_or_404(number)
    shown = request.POST.get("due", "")
    due = Money(int(shown) if shown.isdecimal() and len(shown) < 16 else 0, found.currency)
    done = _("%(amount)s noted as received in cash. Was it a mistake? Give it back from the payment below.")
    return _done(
        request, found,
        lambda: record_cash(
            purpose=PURPOSE, subject=found.pk, amount=due, by=request.user, key=_key(request), must_be_due=True
        ),
        done % {"amount": price_text(due.minor, currency=due.currency)},
    )  # fmt: skip


@permission_required("store.change_orders")
@require_http_methods(["GET", "HEAD", "POST"])
def ship(request: StaffRequest, number: str) -> HttpResponse:
    """Send all or a part of an order."""
    found = order_or_404(number)
    form = ShipForm(request.POST or None, lines=lines_to_ship(found, again=_sent_keys(request)))

    def send() -> str:
        data = form.cleaned_data
        fulfilment.ship_order(
            order_id=found.pk, key=data["key"], pieces=form.pieces, carrier=data["carrier"], tracking=data["tracking"],
            by=request.user,
        )  # fmt: skip
        return _("Saved. The customer is told where an e-mail is known.")

    return _on_form(request, "store/staff/ship.html", found, form, send)


@permission_required("store.change_orders")
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: StaffRequest, number: str) -> HttpResponse:
    """Cancel an order, after asking why."""
    found = order_or_404(number)
    form = CancelForm(request.POST or None)

    def end() -> str:
        cancelling.cancel_order(order_id=found.pk, reason=form.cleaned_data["reason"], by=request.user)
        return _("Order %(number)s was cancelled.") % {"number": number}

    return _on_form(request, "store/staff/cancel_order.html", found, form, end)


@permission_required("store.change_orders")
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_pieces(request: StaffRequest, number: str) -> HttpResponse:
    """Cancel what can never be sent of an order that goes on otherwise."""
    found = order_or_404(number)
    form = CancelPiecesForm(request.POST or None, lines=lines_to_cancel(found, again=_sent_keys(request)))

    def leave_out() -> str:
        data = form.cleaned_data
        cancelling.cancel_pieces(
            order_id=found.pk, key=data["key"], pieces=form.pieces, reason=data["reason"], by=request.user
        )
        return _("Cancelled. The customer is told where an e-mail is known.")

    return _on_form(request, "store/staff/cancel_pieces.html", found, form, leave_out)


@permission_required("store.refund_orders")
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: StaffRequest, number: str) -> HttpResponse:
    """Goods came back."""
    found = order_or_404(number)
    places = list(Location.objects.filter(is_active=True))
    form = ReturnForm(request.POST or None, lines=lines_to_take_back(found, again=_sent_keys(request)), places=places)

    def book() -> str:
        data = form.cleaned_data
        fulfilment.take_back(
            order_id=found.pk, key=data["key"], pieces=form.pieces, reason=data["reason"], location=form.put_at,
            by=request.user,
        )  # fmt: skip
        return _came_back_words(found)

    return _on_form(request, "store/staff/take_back.html", found, form, book)


def _came_back_words(found: Order) -> str:
    """What there is to do once goods came back."""
    if not owed_of(order_or_404(found.number)):
        return _("The goods are back. There is nothing to give back.")
    if found.channel == Order.Channel.TILL:
        return _("The goods are back. Give the money back at a till.")
    return _("The goods are back. Give the money back from the order’s payments.")


def _page(request: StaffRequest, found: Order, *, status: int = 200) -> HttpResponse:
    payments = payments_of(PURPOSE, found.pk)
    story = story_of(found, payments=payments, for_staff=True)
    hello = _("Hello %(name)s, about your order %(number)s: %(url)s")
    text = hello % {"name": found.name, "number": found.number, "url": order_url(found)}
    context = {
        "order": found,
        "story": story,
        "payments": payments,
        "documents": documents_of(found),
        "may": _possible(found),
        "customer_url": order_url(found),
        "shop": selectors.shop(),
        "write_url": whatsapp_ask(found.phone, text),
        "cash_key": uuid.uuid4(),
    }
    return render_workspace(request, "store/staff/order.html", context, status=status)


def _possible(order: Order) -> set[str]:
    """What can be done with an order as it stands."""
    lines: list[OrderLine] = list(order.lines.all())
    may = set()
    if order.is_short:
        may.add("settle")
    elif order.status in fulfilment.MAY_BE_SENT and any(line.shipped < line.quantity for line in lines):
        may.add("ship")
    if order.status == Order.Status.CONFIRMED and not order.is_short:
        may.add("prepare")
    if order.status == Order.Status.SHIPPED:
        may.add("deliver")
    if order.status in cancelling.MAY_BE_CANCELLED and not any(line.shipped for line in lines):
        may.add("cancel")
    left = any(line.shipped < line.quantity for line in lines) and sum(line.quantity for line in lines) > 1
    if order.status in cancelling.MAY_BE_REDUCED and left:
        may.add("cancel_pieces")
    if any(line.shipped > line.returned for line in lines):
        may.add("take_back")
    if due_of(order):
        may.add("cash")
    return may


def _done(request: StaffRequest, order: Order, act: Callable[[], Any], words: str) -> HttpResponse:
    """Do one thing to an order and show it again, with `words` on what was done, or what stood in the way."""
    try:
        act()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, words)
    return redirect("store:staff_order", order.number)


def _on_form(
    request: StaffRequest,
    template: str,
    order: Order,
    form: WorkspaceForm,
    act: Callable[[], str],
) -> HttpResponse:
    """Ask about an order; what is sent is done by `act`, and the order is shown again with its words on what was done."""
    if request.method == "POST" and (said := save_once(form, act)):
        messages.success(request, said)
        return redirect("store:staff_order", order.number)
    status = UNPROCESSABLE if form.errors else 200
    return render_workspace(
        request, template, {"order": order, "form": form, "is_due": due_of(order) > 0}, status=status
    )


def _sent_keys(request: StaffRequest) -> list[uuid.UUID]:
    """The key of a form that was sent, where it has one: what it booked may be asked for by it again."""
    return parse_ids([request.POST.get("key", "")])


def _key(request: StaffRequest) -> uuid.UUID:
    """The key that came with the button, so that pressing it twice counts once."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        raise DomainError("key_missing", _("Load this page again and try once more.")) from None


def order_or_404(number: str) -> Order:
    """An order with its lines, by its number; raises Http404."""
    found = order_by_number(number)
    if found is None:
        raise Http404
    return found
