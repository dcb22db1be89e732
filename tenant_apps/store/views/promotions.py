"""Pages about promotions. Their moments are in the shop's time."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenant_apps.store import selectors
from tenant_apps.store.forms.prices import PromotionForm
from tenant_apps.store.models import Promotion, Shop
from tenant_apps.store.selectors import customers as people
from tenant_apps.store.selectors import promotions as reading
from tenant_apps.store.services import promotions as services
from tenant_apps.store.texts.prices import state_of, value_text
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import parse_ids, save_form
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace


@permission_required("store.change_prices")
@require_safe
def promotions(request: StaffRequest) -> HttpResponse:
    """All promotions with how they stand."""
    shop = selectors.shop()
    now = timezone.now()
    page = reading.promotions(request.GET.get("page", "1"))
    rows = [(one, state_of(one, now), value_text(one, currency=shop.currency)) for one in page.object_list]
    return render_workspace(request, "store/staff/promotions.html", {"page": page, "rows": rows})


@permission_required("store.change_prices")
@require_http_methods(["GET", "HEAD", "POST"])
def new_promotion(request: StaffRequest) -> HttpResponse:
    """Add a promotion."""
    return _edit(request, None)


@permission_required("store.change_prices")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_promotion(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a promotion."""
    return _edit(request, _promotion_or_404(pk))


@permission_required("store.change_prices")
@require_POST
def pause_promotion(request: StaffRequest, pk: int) -> HttpResponse:
    """Stop a promotion for a while, or let it go on."""
    paused = request.POST.get("action") == "pause"
    promotion = services.pause_promotion(promotion=_promotion_or_404(pk), paused=paused)
    text = _("“%(name)s” is paused.") if paused else _("“%(name)s” goes on.")
    messages.success(request, text % {"name": promotion.name})
    return redirect("store:staff_promotions")


@permission_required("store.change_prices")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_promotion(request: StaffRequest, pk: int) -> HttpResponse:
    """Delete a promotion, after asking."""
    promotion = _promotion_or_404(pk)
    if request.method != "POST":
        context = {
            "title": _("Delete this promotion"),
            "name": promotion.name,
            "text": _("Prices are at once what they are without it. Orders keep what they were given."),
            "label": _("Delete the promotion"),
            "back_url": reverse("store:staff_edit_promotion", args=[promotion.pk]),
        }
        return render_workspace(request, "store/staff/confirm.html", context)
    services.delete_promotion(promotion=promotion)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": promotion.name})
    return redirect("store:staff_promotions")


def _promotion_or_404(pk: int) -> Promotion:
    promotion = reading.promotion_by_id(pk)
    if promotion is None:
        raise Http404
    return promotion


def _edit(request: StaffRequest, promotion: Promotion | None) -> HttpResponse:
    shop = selectors.shop()
    if request.method != "POST":
        values = PromotionForm.values_of(promotion, currency=shop.currency) if promotion else {"kind": "percent"}
        return _page(request, _form(shop, initial=values), promotion)
    if request.POST.get("action") == "search":
        form = _form(shop, initial=PromotionForm.as_typed(request.POST))
        return _page(request, form, promotion, query=request.POST.get("product_query", ""))
    form = _form(shop, request.POST)
    saved = save_form(form, lambda: _save(promotion, form))
    if saved is None:
        return _page(request, form, promotion, status=UNPROCESSABLE)
    messages.success(request, _("“%(name)s” was saved.") % {"name": saved.name})
    return redirect("store:staff_promotions")


def _form(shop: Shop, data: Any = None, *, initial: dict[str, Any] | None = None) -> PromotionForm:
    return PromotionForm(data, shop=shop, segments=list(people.segments()), initial=initial)


def _save(promotion: Promotion | None, form: PromotionForm) -> Promotion:
    if promotion is None:
        return services.create_promotion(details=form.details)
    return services.update_promotion(promotion=promotion, details=form.details)


def _page(
    request: StaffRequest, form: PromotionForm, promotion: Promotion | None, *, query: str = "", status: int = 200
) -> HttpResponse:
    chosen = list(reading.products_named(parse_ids(map(str, form["products"].value() or []))))
    found = selectors.list_for_staff(query=query, status="", page="1").page.object_list if query.strip() else []
    named = {product.pk for product in chosen}
    context = {
        "form": form,
        "promotion": promotion,
        "state": state_of(promotion, timezone.now()) if promotion else None,
        "chosen": chosen,
        "found": [product for product in found if product.pk not in named],
        "query": query.strip(),
        "time_zone": timezone.get_current_timezone_name(),
    }
    return render_workspace(request, "store/staff/promotion_form.html", context, status=status)
