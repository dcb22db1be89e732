"""The addresses of somebody who has an account: their own pages, in the storefront's shell."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.accounts.models import User
from tenant_apps.store import selectors
from tenant_apps.store.forms.customers import AddressForm
from tenant_apps.store.models import Address, Shop
from tenant_apps.store.selectors import customers as reading
from tenant_apps.store.selectors.delivery import open_zones
from tenant_apps.store.services import customers as services
from tenant_apps.store.views.shell import render_store
from tenant_apps.team.access import TenantRequest
from tenant_apps.team.forms import save_form
from tenant_apps.team.pages import UNPROCESSABLE


@never_cache
@require_safe
def addresses(request: TenantRequest) -> HttpResponse:
    """Where one has things sent to."""
    found = reading.addresses_of(_user(request))
    context = {"addresses": found, "is_full": len(found) >= services.MAX_ADDRESSES}
    return render_store(request, "store/addresses.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_address(request: TenantRequest) -> HttpResponse:
    """Add an address."""
    shop, user = selectors.shop(), _user(request)
    values = {"name": user.get_full_name(), "phone": user.phone}
    form = _form(shop, request.POST if request.method == "POST" else None, initial=values)
    if request.method == "POST":
        saved = save_form(form, lambda: services.add_address(user=user, details=form.details))
        if saved:
            return _saved(request)
    return _page(request, shop, form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit_address(request: TenantRequest, pk: int) -> HttpResponse:
    """Change an address."""
    shop, address = selectors.shop(), _address_or_404(request, pk)
    data = request.POST if request.method == "POST" else None
    form = _form(shop, data, initial=AddressForm.values_of(address))
    if request.method == "POST":
        saved = save_form(form, lambda: services.change_address(address=address, details=form.details))
        if saved:
            return _saved(request)
    return _page(request, shop, form, address)


@never_cache
@require_POST
def default_address(request: TenantRequest, pk: int) -> HttpResponse:
    """Send orders there from now on."""
    services.make_default_address(address=_address_or_404(request, pk))
    messages.success(request, _("Your orders are sent there from now on."))
    return redirect("store:addresses")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete_address(request: TenantRequest, pk: int) -> HttpResponse:
    """Delete an address, after asking."""
    address = _address_or_404(request, pk)
    if request.method != "POST":
        return render_store(request, "store/delete_address.html", {"address": address})
    services.delete_address(address=address)
    messages.success(request, _("Your address was deleted."))
    return redirect("store:addresses")


def _saved(request: TenantRequest) -> HttpResponse:
    messages.success(request, _("Your address was saved."))
    return redirect("store:addresses")


def _user(request: TenantRequest) -> User:
    return cast("User", request.user)


def _address_or_404(request: TenantRequest, pk: int) -> Address:
    address = reading.address_of(_user(request), pk)
    if address is None:
        raise Http404
    return address


def _form(shop: Shop, data: Any = None, *, initial: dict[str, Any]) -> AddressForm:
    return AddressForm(data, shop=shop, zones=list(open_zones()), initial=initial)


def _page(request: TenantRequest, shop: Shop, form: AddressForm, address: Address | None = None) -> HttpResponse:
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    return render_store(
        request, "store/address_form.html", {"form": form, "address": address}, shop=shop, status=status
    )
