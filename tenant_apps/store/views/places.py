"""Pages of the places for stock."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenant_apps.store.forms.stock import PlaceForm
from tenant_apps.store.models import Location
from tenant_apps.store.selectors import stock as selectors
from tenant_apps.store.services import places as services
from tenant_apps.store.views.stock import tabs
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import WorkspaceForm, save_form
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace


@permission_required("store.view_stock")
@require_safe
def places(request: StaffRequest) -> HttpResponse:
    """All places, in the order they are sold from."""
    found = selectors.all_places()
    context = {
        "tabs": tabs(request, "staff_places"),
        "open": [place for place in found if place.is_active],
        "closed": [place for place in found if not place.is_active],
    }
    return render_workspace(request, "store/staff/places.html", context)


@permission_required("store.change_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def new_place(request: StaffRequest) -> HttpResponse:
    """Add a place."""
    if request.method != "POST":
        return _form_page(request, PlaceForm(initial={"sells_online": True}))
    form = PlaceForm(request.POST)
    place = save_form(form, lambda: services.create_place(details=form.details))
    if place is None:
        return _form_page(request, form)
    messages.success(request, _("“%(name)s” was added.") % {"name": place.name})
    return redirect("store:staff_places")


@permission_required("store.change_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_place(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a place."""
    place = _place_or_404(pk)
    if request.method != "POST":
        return _form_page(request, PlaceForm(initial=PlaceForm.values_of(place)), place=place)
    form = PlaceForm(request.POST)
    changed = save_form(form, lambda: services.change_place(place=place, details=form.details))
    if changed is None:
        return _form_page(request, form, place=place)
    messages.success(request, _("“%(name)s” was saved.") % {"name": changed.name})
    return redirect("store:staff_places")


@permission_required("store.change_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def close_place(request: StaffRequest, pk: int) -> HttpResponse:
    """Close a place, after asking."""
    place = _place_or_404(pk)
    form = WorkspaceForm(request.POST if request.method == "POST" else None)
    if form.is_bound and save_form(form, lambda: services.close_place(place=place)) is not None:
        messages.success(request, _("“%(name)s” is closed. Its history stays.") % {"name": place.name})
        return redirect("store:staff_places")
    context = {"form": form, "place": place}
    status = UNPROCESSABLE if form.is_bound else 200
    return render_workspace(request, "store/staff/place_close.html", context, status=status)


@permission_required("store.change_stock")
@require_POST
def open_place(request: StaffRequest, pk: int) -> HttpResponse:
    """Use a closed place again."""
    place = services.open_place(place=_place_or_404(pk))
    messages.success(request, _("“%(name)s” is open again.") % {"name": place.name})
    return redirect("store:staff_places")


@permission_required("store.change_stock")
@require_POST
def move_place(request: StaffRequest, pk: int) -> HttpResponse:
    """Have a place come earlier or later."""
    services.move_place(place=_place_or_404(pk), up=request.POST.get("direction") == "up")
    return redirect("store:staff_places")


def _form_page(request: StaffRequest, form: PlaceForm, *, place: Location | None = None) -> HttpResponse:
    status = UNPROCESSABLE if form.is_bound else 200
    return render_workspace(request, "store/staff/place_form.html", {"form": form, "place": place}, status=status)


def _place_or_404(pk: int) -> Location:
    found = selectors.place(pk)
    if found is None:
        raise Http404
    return found
