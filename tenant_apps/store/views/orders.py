"""Orders as customers see them: by the secret link, or in their account."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shared_apps.core.context import tenant_url
from shared_apps.core.errors import DomainError
from tenant_apps.payments.models import Payment
from tenant_apps.payments.selectors import payments_of, takes_cash
from tenant_apps.store.models import Order
from tenant_apps.store.payee import PURPOSE
from tenant_apps.store.presenting.links import whatsapp_ask
from tenant_apps.store.presenting.order_pages import story_of
from tenant_apps.store.selectors.documents import documents_of
from tenant_apps.store.selectors.orders import order_by_link, orders_of
from tenant_apps.store.selectors.reviews import reviews_to_write
from tenant_apps.store.services.cancelling import cancel_order
from tenant_apps.store.views.shell import buyer, cart_of, render_store, shop_of
from tenant_apps.team.access import TenantRequest

ORDERS_PER_PAGE = 20


@login_not_required
@never_cache
@require_safe
def order(request: TenantRequest, order_id: UUID) -> HttpResponse:
    """Where an order stands, what it holds, and what there is to do."""
    found = _order_or_404(order_id)
    url = tenant_url(request.tenant.primary_host, request.path)
    question = _("Hello, about my order %(number)s: %(url)s") % {"number": found.number, "url": url}
    payments = payments_of(PURPOSE, found.pk)
    context = {
        "order": found,
        "story": story_of(found, payments=payments),
        "may_order_anew": _may_order_anew(request, found, payments),
        "ask_url": whatsapp_ask(shop_of(request).phone, question),
        "purpose": PURPOSE,
        "documents": documents_of(found),
        "links_products": True,
        "reviews": reviews_to_write(found, reader=buyer(request)),
        "may_cancel": found.status == Order.Status.PENDING and not found.paid_minor,
    }
    response = render_store(request, "store/order.html", context)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"  # the address is the key
    return response


@login_not_required
@require_POST
def cancel(request: TenantRequest, order_id: UUID) -> HttpResponse:
    """The customer gives up an order that nothing was paid for."""
    found = _order_or_404(order_id)
    reason = _("Cancelled by the customer")
    try:
        cancel_order(order_id=found.pk, reason=reason, by=buyer(request), only_unpaid=True)
        messages.success(request, _("Your order was cancelled. Nothing was charged."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("store:order", order_id)


@never_cache
@require_safe
def my_orders(request: TenantRequest) -> HttpResponse:
    """What this account ordered."""
    user = buyer(request)
    if user is None:
        raise Http404
    page = Paginator(orders_of(user), ORDERS_PER_PAGE).get_page(request.GET.get("page", "1"))
    return render_store(request, "store/my_orders.html", {"page": page})


def _may_order_anew(request: TenantRequest, order: Order, payments: Sequence[Payment]) -> bool:
    """Whether this order can be replaced by one that is paid on delivery: nothing was paid for it, staff look at no payment
    of it, the visitor still has the cart it was made of, with something in it, and cash is taken where it goes. One query at
    most, and the cart's."""
    if order.status != Order.Status.PENDING or order.paid_minor:
        return False
    if order.zone is None or not (order.zone.is_active and order.zone.takes_cash):
        return False
    if any(payment.status in Payment.WITH_STAFF for payment in payments):
        return False
    cart = cart_of(request)
    return cart is not None and cart.pk == order.cart_id and cart.pieces > 0 and takes_cash()  # type: ignore[attr-defined]  # annotated


def _order_or_404(order_id: UUID) -> Order:
    found = order_by_link(order_id)
    if found is None:
        raise Http404
    return found
