"""The checkout: one page, one button that says what is paid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shared_apps.core.errors import DomainError
from shared_apps.core.throttle import caller, check_rate
from tenant_apps.payments.services.starting import next_url, start_payment
from tenant_apps.payments.views.customers import lets_forms_lead_to_providers
from tenant_apps.store.forms.checkout import CheckoutForm
from tenant_apps.store.models import Cart, Order
from tenant_apps.store.payee import PURPOSE
from tenant_apps.store.rules.offers import Person
from tenant_apps.store.selectors.carts import Basket, basket_to_order
from tenant_apps.store.selectors.checkout import known_of, quote, ways_to_pay
from tenant_apps.store.selectors.customers import addresses_of
from tenant_apps.store.selectors.delivery import open_zones
from tenant_apps.store.selectors.prices import person_of
from tenant_apps.store.services.placing import last_made, place_order
from tenant_apps.store.views.shell import buyer, cart_of, render_store, shop_of
from tenant_apps.team.access import TenantRequest
from tenant_apps.team.forms import save_form
from tenant_apps.team.pages import UNPROCESSABLE

ORDERS_PER_HOUR = 30


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: TenantRequest) -> HttpResponse:
    """Who, where to, how to pay; then the order, and the way to its payment.

    "Update" shows the page again with what was chosen. So does an order whose total is another than the page said. Sent once
    more when its order is confirmed and the cart is empty, it leads to the order.
    """
    cart, person = cart_of(request), person_of(buyer(request))
    basket = basket_to_order(cart, person=person, at=timezone.now())
    if cart is None or not basket.can_be_ordered:
        made = _confirmed_already(request)
        if made:
            return redirect("store:order", made.pk)
        if basket.lines:
            messages.warning(request, _("Something in your cart is no longer available as you chose it."))
        return redirect("store:cart")
    form = _form(request, basket)
    if request.method == "POST" and "update" not in request.POST:
        order = save_form(form, lambda: _order(request, form, cart, person))
        if order is not None:
            return _pay(request, form, order)
        return _page(request, form, basket, person, status=UNPROCESSABLE)
    if request.method == "POST":
        form.errors.clear()
    return _page(request, form, basket, person)


def _confirmed_already(request: TenantRequest) -> Order | None:
    """The order that the form which is sent has made already, if it is confirmed."""
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        return None
    made = last_made(key=key)
    return made if made and made.status in Order.LIVE else None


def _form(request: TenantRequest, basket: Basket) -> CheckoutForm:
    shop, user = shop_of(request), buyer(request)
    addresses = addresses_of(user) if user else []
    offered: dict[str, Any] = {
        "shop": shop, "zones": list(open_zones()), "ways": ways_to_pay(basket, shop.currency), "addresses": addresses,
    }  # fmt: skip
    if request.method == "POST":
        return CheckoutForm(request.POST, **offered)
    return CheckoutForm(initial=CheckoutForm.values_of(addresses, **known_of(user)), **offered)


def _order(request: TenantRequest, form: CheckoutForm, cart: Cart, person: Person) -> Order:
    """The order that a valid form asks for; raises DomainError."""
    check_rate(action="place-order", who=caller(), limit=ORDERS_PER_HOUR, seconds=3600)
    return place_order(
        key=form.cleaned_data["key"], cart=cart, details=form.details_in(get_language() or "fr"), person=person,
        user=buyer(request), expected_minor=form.cleaned_data["total"] or 0,
    )  # fmt: skip


def _pay(request: TenantRequest, form: CheckoutForm, order: Order) -> HttpResponse:
    """To the payment that was chosen. Whatever stands in its way, the order is kept and can be paid."""
    if order.status != Order.Status.PENDING:
        return redirect("store:order", order.pk)
    try:
        payment = start_payment(
            purpose=PURPOSE, subject=order.pk, method=order.method, phone=form.wallet_number, by=buyer(request)
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("payments:choose", PURPOSE, order.pk)
    return redirect(next_url(payment))


def _page(
    request: TenantRequest, form: CheckoutForm, basket: Basket, person: Person, *, status: int = 200
) -> HttpResponse:
    zone = form.chosen_zone
    totals = quote(basket, zone=zone, shop=shop_of(request))
    context = {"form": form, "basket": basket, "zone": zone, "totals": totals}
    return lets_forms_lead_to_providers(render_store(request, "store/checkout.html", context, status=status))
