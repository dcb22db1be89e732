"""The cart."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shared_apps.core.errors import DomainError
from tenant_apps.store.forms.checkout import AddForm
from tenant_apps.store.selectors.carts import basket_of, has_variant, order_being_checked, variant_for_sale
from tenant_apps.store.selectors.prices import person_of
from tenant_apps.store.services.carts import add_to_cart, set_quantity
from tenant_apps.store.views.shell import buyer, cart_of, remember_cart, render_store, visitors_cart_id
from tenant_apps.team.access import TenantRequest


@login_not_required
@never_cache
@require_safe
def cart(request: TenantRequest) -> HttpResponse:
    """What was chosen so far, with what it comes to. `added` names what was just put in."""
    found = cart_of(request)
    basket = basket_of(found, person=person_of(buyer(request)), at=timezone.now())
    put_in = request.GET.get("added", "")
    added = next((line.variant.product for line in basket.lines if str(line.variant.public_id) == put_in), None)
    checked = order_being_checked(found) if found and basket.lines else None
    return render_store(request, "store/cart.html", {"basket": basket, "added": added, "checked": checked})


@login_not_required
@require_POST
def add(request: TenantRequest) -> HttpResponse:
    """Put something into the cart, and show the cart, which says so: a message would make a session for every visitor."""
    form = AddForm(request.POST)
    variant = variant_for_sale(form.cleaned_data["variant"]) if form.is_valid() else None
    if variant is None:
        messages.error(request, _first_error(form) or _("This product is not sold any more."))
        return redirect("store:home")
    try:
        changed = add_to_cart(
            cart_id=visitors_cart_id(request),
            user=buyer(request),
            variant=variant,
            quantity=form.cleaned_data["quantity"],
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('store:product', args=[variant.product.slug])}?v={variant.public_id}")
    response = redirect(f"{reverse('store:cart')}?added={variant.public_id}")
    remember_cart(request, response, changed)
    return response


@login_not_required
@require_POST
def change(request: TenantRequest, variant_id: UUID) -> HttpResponse:
    """Change how many pieces of something are in the cart; none takes it out."""
    if not has_variant(variant_id):
        raise Http404
    found = cart_of(request)
    if found is None:
        return redirect("store:cart")
    try:
        quantity = 0 if "remove" in request.POST else int(request.POST.get("quantity", ""))
        set_quantity(cart=found, variant_id=variant_id, quantity=quantity)
    except ValueError:
        messages.error(request, _("Type how many pieces you would like."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("store:cart")


def _first_error(form: AddForm) -> str:
    return next((str(text) for texts in form.errors.values() for text in texts), "")
