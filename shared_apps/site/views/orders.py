"""Orders of who is logged in: the page of each, and the list."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing import gateways
from billing.models import Order, Payment
from billing.selectors import access_order
from billing.services.orders import cancel_order
from shared_apps.core.errors import DomainError
from shared_apps.site.doors import Door, left_by_link
from shared_apps.site.order_states import order_state, with_refunds
from shared_apps.site.pages import render_page
from shared_apps.site.plan_texts import plan_label
from shared_apps.site.selectors import orders_of
from shared_apps.site.views import paying


@never_cache
@require_safe
def order(request: HttpRequest, id: UUID) -> HttpResponse:
    """One order, in whatever state it is."""
    return paying.show(request, Door(access_order(request.user, id)))


@login_not_required
@never_cache
@require_safe
def status(request: HttpRequest, id: UUID) -> HttpResponse:
    """The live part of the page."""
    if not request.user.is_authenticated:
        # A script that follows the page must not be given the log-in page as its next part.
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("order", args=[id])})
    return paying.follow(request, Door(access_order(request.user, id)))


@require_POST
def pay(request: HttpRequest, id: UUID) -> HttpResponse:
    """Begin to pay."""
    return paying.begin(request, Door(access_order(request.user, id)))


@login_not_required
@never_cache
@require_safe
def returned(request: HttpRequest, id: UUID) -> HttpResponse:
    """Back from PayPal, with an account, by the link that was sent, or in another browser that knows neither."""
    token = str(request.GET.get("token", ""))[:100].replace("\x00", "")
    payment = Payment.objects.select_related("order").filter(order_id=id, provider_ref=token).first() if token else None
    if payment is None:
        return _without_link(request) or redirect("order", id=id)
    door = Door(payment.order, by_link=left_by_link(request, id))
    answer = paying.come_back(request, door, payment, paid=True)
    return answer if door.by_link else _without_link(request) or answer


@login_not_required
@never_cache
@require_safe
def cancelled(request: HttpRequest, id: UUID) -> HttpResponse:
    """Back from PayPal without paying, says the address."""
    if left_by_link(request, id):
        door = Door(Order.objects.get(pk=id), by_link=True)
    elif request.user.is_authenticated:
        door = Door(access_order(request.user, id))
    else:
        return _without_link(request) or redirect("order", id=id)
    payment = door.order.payments.filter(method__name=gateways.PAYPAL, status=Payment.Status.PENDING).first()
    return paying.come_back(request, door, payment, paid=False)


def _without_link(request: HttpRequest) -> HttpResponse | None:
    """For somebody who paid by a link and comes back in another browser: nothing of the order, but what to do."""
    if request.GET.get("by") != "link" or request.user.is_authenticated:
        return None
    return render_page(request, "pay_returned.html")


@require_POST
def check(request: HttpRequest, id: UUID) -> HttpResponse:
    """ "I have approved"."""
    return paying.check_now(request, Door(access_order(request.user, id)))


@require_POST
def receipt(request: HttpRequest, id: UUID) -> HttpResponse:
    """The proof of a transfer."""
    return paying.take_receipt(request, Door(access_order(request.user, id)))


@require_POST
def renew(request: HttpRequest, id: UUID) -> HttpResponse:
    """A renewal in place of one that can no longer be paid."""
    return paying.renew(request, Door(access_order(request.user, id)))


@require_POST
def cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give an unpaid order up."""
    wanted = access_order(request.user, id)
    try:
        cancel_order(order=wanted, actor=request.user)
    except DomainError as error:
        messages.warning(request, str(error))
    return redirect("order", id=id)


@never_cache
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """My orders, newest first."""
    page = Paginator(with_refunds(orders_of(request.user)), 20).get_page(request.GET.get("page"))
    rows = []
    for one in page.object_list:
        state, tone = order_state(one)
        rows.append({"order": one, "plan_label": plan_label(one), "state": state, "tone": tone})
    return render_page(request, "orders.html", {"page": page, "rows": rows})
