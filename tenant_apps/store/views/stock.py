"""Pages of the stock: what lies where, what arrives, what is corrected and moved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from tenant_apps.store.forms.stock import AdjustForm, ReceiveForm, TransferForm, variants_in
from tenant_apps.store.models import Variant
from tenant_apps.store.presenting.report_desk import cost_of_stock
from tenant_apps.store.selectors import shop
from tenant_apps.store.selectors import stock as selectors
from tenant_apps.store.services import stock as services
from tenant_apps.store.texts.stock import ACTIONS
from tenant_apps.store.views.once import save_once
from tenant_apps.team.access import StaffRequest, may, permission_required
from tenant_apps.team.forms import WorkspaceForm, parse_ids
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace

LAST_MOVEMENTS = 10


def tabs(request: StaffRequest, current: str) -> list[dict[str, Any]]:
    """The views of the stock that this person may open, for `components/tabs.html`."""
    entries = (
        ("staff_stock", _("Stock"), "store.view_stock"),
        ("staff_stock_history", _("History"), "store.view_stock"),
        ("staff_counts", _("Stock-taking"), "store.change_stock"),
        ("staff_places", _("Places"), "store.view_stock"),
    )
    return [
        {"url": reverse(f"store:{name}"), "label": text, "current": name == current}
        for name, text, permission in entries
        if may(request, permission)
    ]


@permission_required("store.view_stock")
@require_safe
def stock_list(request: StaffRequest) -> HttpResponse:
    """What lies where, with what needs somebody's attention on top."""
    query, show = request.GET.get("q", ""), request.GET.get("show", "")
    show = show if show in selectors.SHOWS else ""
    page = selectors.list_stock(query=query, show=show, page=request.GET.get("page", "1"))
    context = {
        "tabs": tabs(request, "staff_stock"),
        "page": page,
        "query": query.replace("\x00", "")[:100],
        "show": show,
        "overdrawn": selectors.overdrawn_levels(),
        "low_count": selectors.low_count(),
        "worth": _worth() if may(request, "store.change_stock") else None,
    }
    return render_workspace(request, "store/staff/stock.html", context)


def _worth() -> dict[str, Any]:
    """What lies in the shop, for whoever may know what it cost."""
    value = selectors.stock_value()
    at_cost, note = cost_of_stock(value, shop().currency)
    return {"pieces": value.pieces, "at_cost": at_cost, "note": note}


@permission_required("store.view_stock")
@require_safe
def variant_stock(request: StaffRequest, public_id: UUID) -> HttpResponse:
    """One variant: what lies in each place, and its last movements."""
    variant = _variant_or_404(public_id)
    found = selectors.movements(selectors.MovementFilter(variant=variant.pk))[:LAST_MOVEMENTS]
    context = {
        "row": selectors.stock_row(variant),
        "variant": variant,
        "movements": [(one, ACTIONS[one.action]) for one in found],
    }
    return render_workspace(request, "store/staff/stock_variant.html", context)


@permission_required("store.change_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def receive(request: StaffRequest) -> HttpResponse:
    """Goods that arrived: articles are added by a search or their barcode, then booked all at once."""
    places = selectors.places()
    if request.method != "POST":
        variants = selectors.variants_by_public_id(parse_ids(request.GET.getlist("variant")))
        return _receive_page(request, ReceiveForm(places=places, variants=variants))
    variants = selectors.variants_by_id(variants_in(request.POST))
    if request.POST.get("action") != "save":
        return _one_more_line(request, places, variants)
    form = ReceiveForm(request.POST, places=places, variants=variants)

    def save() -> bool:
        data = form.cleaned_data
        services.receive_all(
            location=data["location"], pieces=form.pieces, reference=data["reference"], reason=data["reason"],
            by=request.user, key=data["key"],
        )  # fmt: skip
        return True

    if save_once(form, save) is None:
        return _receive_page(request, form, status=UNPROCESSABLE)
    total = sum(form.pieces.values())
    text = ngettext("%(total)s piece was received.", "%(total)s pieces were received.", total) % {"total": total}
    messages.success(request, text)
    return redirect("store:staff_stock")


def _one_more_line(request: StaffRequest, places: Any, variants: dict[int, Variant]) -> HttpResponse:
    """The same form with one article more, or with those a search finds. What is typed so far is judged at the end."""
    typed = {name: request.POST.get(name, "") for name in request.POST if name != "csrfmiddlewaretoken"}
    query = typed.get("q", "")
    found = [] if request.POST.get("add") else selectors.find_variants(query)
    added = _chosen(request.POST.get("add", ""), found, query)
    if added:
        typed[f"pieces-{added.pk}"] = _one_more(typed.get(f"pieces-{added.pk}", ""))
        variants, found, query = {**variants, added.pk: added}, [], ""
    form = ReceiveForm(initial=typed, places=places, variants=variants)
    return _receive_page(request, form, found=found, query=query)


def _chosen(pk: str, found: list[Variant], query: str) -> Variant | None:
    """The variant somebody chose among those found, or whose code they typed or scanned."""
    if pk:
        return next(iter(selectors.variants_by_id(variants_in([f"pieces-{pk}"])).values()), None)
    code = query.strip().lower()
    coded = [one for one in found if code in ((one.sku or "").lower(), (one.barcode or "").lower())]
    return coded[0] if code and len(coded) == 1 else None


def _one_more(typed: str) -> str:
    """Scanning a box again counts one more; what is no number stays for its field to refuse."""
    text = typed.strip()
    if not text:
        return "1"
    return str(int(text) + 1) if text.isascii() and text.isdigit() and len(text) < 8 else text


def _receive_page(
    request: StaffRequest, form: ReceiveForm, *, found: list[Variant] | None = None, query: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": form, "found": found or [], "query": query}
    return render_workspace(request, "store/staff/stock_receive.html", context, status=status)


@permission_required("store.change_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def adjust(request: StaffRequest, public_id: UUID) -> HttpResponse:
    """Correct how many pieces there are, with a reason."""
    variant = _variant_or_404(public_id)
    form = AdjustForm(request.POST or None, places=selectors.places())

    def save() -> bool:
        data = form.cleaned_data
        services.adjust(
            variant=variant, location=data["location"], difference=form.difference, reason=data["reason"],
            by=request.user, key=data["key"],
        )  # fmt: skip
        return True

    if request.method != "POST" or save_once(form, save) is None:
        return _variant_form(request, "store/staff/stock_adjust.html", form, variant)
    messages.success(request, _("The stock of “%(name)s” was corrected.") % {"name": variant.full_name})
    return redirect("store:staff_variant_stock", variant.public_id)


@permission_required("store.change_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def transfer(request: StaffRequest, public_id: UUID) -> HttpResponse:
    """Bring pieces to another place."""
    variant = _variant_or_404(public_id)
    form = TransferForm(request.POST or None, places=selectors.places())

    def save() -> bool:
        data = form.cleaned_data
        services.transfer(
            variant=variant, source=data["source"], target=data["target"], quantity=data["quantity"],
            reason=data["reason"], by=request.user, key=data["key"],
        )  # fmt: skip
        return True

    if request.method != "POST" or save_once(form, save) is None:
        return _variant_form(request, "store/staff/stock_transfer.html", form, variant)
    number = form.cleaned_data["quantity"]
    text = ngettext("%(total)s piece was moved.", "%(total)s pieces were moved.", number) % {"total": number}
    messages.success(request, text)
    return redirect("store:staff_variant_stock", variant.public_id)


def _variant_form(request: StaffRequest, template: str, form: WorkspaceForm, variant: Variant) -> HttpResponse:
    context = {"form": form, "variant": variant, "row": selectors.stock_row(variant)}
    return render_workspace(request, template, context, status=UNPROCESSABLE if form.is_bound else 200)


def _variant_or_404(public_id: UUID) -> Variant:
    found = selectors.variants_by_public_id([public_id])
    if not found:
        raise Http404
    return next(iter(found.values()))
