"""Pages about the shop itself and its delivery."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenant_apps.store import selectors, services
from tenant_apps.store.forms.shop import ShopForm, ZoneForm
from tenant_apps.store.models import DeliveryZone, Location, Shop
from tenant_apps.store.selectors.delivery import all_zones
from tenant_apps.store.services import delivery
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import collect_photos, save_form
from tenant_apps.team.models import Photo
from tenant_apps.team.pages import UNPROCESSABLE, forget_draft, render_workspace


@permission_required("store.change_shop")
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: StaffRequest) -> HttpResponse:
    """What customers read about the shop, and what counts for all of its products."""
    shop = selectors.shop()
    if request.method != "POST":
        return _settings_page(request, shop, ShopForm(initial=ShopForm.values_of(shop)))
    form = ShopForm(request.POST, request.FILES)
    photos = collect_photos(request, form, field="logo")
    logo = photos[-1] if photos else None
    remove = request.POST.get("remove_logo") == "on"
    saved = save_form(form, lambda: services.save_shop(details=form.details, logo=logo, remove_logo=remove))
    if saved is None:
        return _settings_page(request, shop, form, pending=photos, status=UNPROCESSABLE)
    forget_draft(request, "shop")
    messages.success(request, _("Your shop was saved."))
    return redirect("store:staff_settings")


def _settings_page(
    request: StaffRequest, shop: Shop, form: ShopForm, *, pending: list[Photo] | None = None, status: int = 200
) -> HttpResponse:
    removing = request.POST.get("remove_logo") == "on"
    context = {"form": form, "shop": shop, "pending": pending or [], "removing": removing}
    return render_workspace(request, "store/staff/settings.html", context, status=status)


@permission_required("store.change_shop")
@require_safe
def zones(request: StaffRequest) -> HttpResponse:
    """Where the shop delivers, in the order customers see."""
    context = {"zones": list(all_zones()), "currency": selectors.shop().currency}
    return render_workspace(request, "store/staff/zones.html", context)


@permission_required("store.change_shop")
@require_http_methods(["GET", "HEAD", "POST"])
def new_zone(request: StaffRequest) -> HttpResponse:
    """Add a delivery zone."""
    form = _zone_form(selectors.shop(), request.POST if request.method == "POST" else None)
    if request.method == "POST":
        zone = save_form(form, lambda: delivery.create_zone(details=form.details))
        if zone:
            return _zone_saved(request, zone)
    return _zone_page(request, form, title=_("New zone"))


@permission_required("store.change_shop")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_zone(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a delivery zone."""
    zone, shop = _zone_or_404(pk), selectors.shop()
    data = request.POST if request.method == "POST" else None
    form = _zone_form(shop, data, initial=ZoneForm.values_of(zone, currency=shop.currency))
    if request.method == "POST":
        saved = save_form(form, lambda: delivery.update_zone(zone=zone, details=form.details))
        if saved:
            return _zone_saved(request, saved)
    return _zone_page(
        request, form, title=zone.name, delete_label=_("Delete this zone"),
        delete_url=reverse("store:staff_delete_zone", args=[pk]),
    )  # fmt: skip


@permission_required("store.change_shop")
@require_POST
def move_zone(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a zone one place earlier or later."""
    delivery.move_zone(zone=_zone_or_404(pk), up=request.POST.get("action") == "up")
    return redirect("store:staff_zones")


@permission_required("store.change_shop")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_zone(request: StaffRequest, pk: int) -> HttpResponse:
    """Delete a zone, after asking."""
    zone = _zone_or_404(pk)
    if request.method == "POST":
        delivery.delete_zone(zone=zone)
        messages.success(request, _("“%(name)s” was deleted.") % {"name": zone.name})
        return redirect("store:staff_zones")
    context = {
        "title": _("Delete this zone"),
        "name": zone.name,
        "text": _(
            "Customers can no longer choose it. Orders keep what they were told. To take it away for a while only, take the "
            "tick off “Customers can choose it” instead."
        ),
        "label": _("Delete the zone"),
        "back_url": reverse("store:staff_edit_zone", args=[pk]),
    }
    return render_workspace(request, "store/staff/confirm.html", context)


def _zone_or_404(pk: int) -> DeliveryZone:
    zone = DeliveryZone.objects.filter(pk=pk).select_related("pickup").first()
    if zone is None:
        raise Http404
    return zone


def _zone_form(shop: Shop, data: Any = None, *, initial: dict[str, Any] | None = None) -> ZoneForm:
    return ZoneForm(data, shop=shop, locations=list(Location.objects.filter(is_active=True)), initial=initial)


def _zone_saved(request: StaffRequest, zone: DeliveryZone) -> HttpResponse:
    messages.success(request, _("“%(name)s” was saved.") % {"name": zone.name})
    return redirect("store:staff_zones")


def _zone_page(request: StaffRequest, form: ZoneForm, *, title: str, **extra: str) -> HttpResponse:
    crumbs = [{"url": reverse("store:staff_zones"), "label": _("Delivery")}, {"label": title}]
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    context = {"title": title, "crumbs": crumbs, "form": form, **extra}
    return render_workspace(request, "store/staff/form.html", context, status=status)
