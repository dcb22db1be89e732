"""The back office's pages about plans: what is on sale, every version of it, and publishing the next one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Plan, PlanVersion
from billing.services.catalogue import publish_offer, set_plan_on_sale
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.core.numbers import reader_locale
from shared_apps.site import plan_texts
from shared_apps.site import plans as desk
from shared_apps.site.forms.plans import PlanForm
from shared_apps.site.views.backoffice import platform_admin
from shared_apps.site.views.backoffice_selling import UNPROCESSABLE, render_selling


@require_safe
@platform_admin
def plans(request: HttpRequest) -> HttpResponse:
    """Every plan, by product."""
    groups: dict[str, list[dict[str, Any]]] = {key: [] for key in plan_texts.PRODUCTS}
    for plan in desk.all_plans():
        versions: list[PlanVersion] = plan.current_versions  # type: ignore[attr-defined]  # set by the Prefetch
        version = versions[0] if versions else None
        monthly = desk.monthly_prices(version, reader_locale()) if version else []
        groups[plan.product].append({"plan": plan, "version": version, "monthly": monthly})
    products = [{"key": key, "text": plan_texts.PRODUCTS[key], "rows": rows} for key, rows in groups.items()]
    return render_selling(request, "plans.html", {"products": products})


@require_safe
@platform_admin
def plan(request: HttpRequest, id: int) -> HttpResponse:
    """One plan: what it gives and costs today, and its earlier versions with those who still have them."""
    found = desk.get_plan(id)
    versions, locale = desk.versions_of(found), reader_locale()
    older = [*versions[1:], None]
    history = [
        {"version": one, "changes": desk.changes_between(before, one, locale) if before else []}
        for one, before in zip(versions, older, strict=True)
    ]
    current = next((one for one in versions if one.is_current), None)
    context = {
        "plan": found,
        "product": plan_texts.PRODUCTS[found.product].name,
        "current": current,
        "prices": desk.price_rows(current) if current else [],
        "cycles": plan_texts.CYCLES.values(),
        "quotas": plan_texts.quota_texts(current.quotas) if current else [],
        "features": [plan_texts.feature_text(name) for name in current.features] if current else [],
        "retention": [(plan_texts.retention_label(k), v) for k, v in current.retention.items()] if current else [],
        "history": history,
    }
    return render_selling(request, "plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def new(request: HttpRequest) -> HttpResponse:
    """A plan that is not there yet, of the product that the address names."""
    product = request.GET.get("product", "")
    if product not in plan_texts.PRODUCTS:
        raise NotFound
    return _edit(request, PlanForm(request.POST if request.method == "POST" else None, product=product))


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def edit(request: HttpRequest, id: int) -> HttpResponse:
    """Change a plan: first what would change, then the button that publishes it."""
    found = desk.get_plan(id)
    current = found.versions.filter(is_current=True).prefetch_related("prices").first()
    data = request.POST if request.method == "POST" else None
    return _edit(request, PlanForm(data, product=found.product, plan=found, current=current))


@require_POST
@platform_admin
def sale(request: HttpRequest, id: int) -> HttpResponse:
    """Retire a plan, or sell it again."""
    found = desk.get_plan(id)
    is_active = request.POST.get("is_active") == "1"
    if set_plan_on_sale(plan_id=found.pk, is_active=is_active, actor=request.user):
        messages.success(
            request,
            _("The plan is on sale again.")
            if is_active
            else _("The plan is no longer sold. Those who have it keep it."),
        )
    return redirect("backoffice_plan", id=found.pk)


def _edit(request: HttpRequest, form: PlanForm) -> HttpResponse:
    if not form.is_bound or "edit" in request.POST or not form.is_valid():
        return _form_page(request, form)
    if "publish" not in request.POST:
        return _preview_page(request, form)
    try:
        version = publish_offer(offer=form.offer(), based_on=form.cleaned_data["based_on"], actor=request.user)
    except DomainError as error:
        form.add_error(None, str(error))
        return _form_page(request, form)
    messages.success(request, _("Published. The pricing page shows it from now on."))
    return redirect("backoffice_plan", id=version.plan_id)


def _form_page(request: HttpRequest, form: PlanForm) -> HttpResponse:
    context = {**_subject(form), "form": form}
    is_wrong = form.is_bound and bool(form.errors) and "edit" not in request.POST
    return render_selling(request, "plan_form.html", context, status=UNPROCESSABLE if is_wrong else 200)


def _preview_page(request: HttpRequest, form: PlanForm) -> HttpResponse:
    offer, locale = form.offer(), reader_locale()
    context = {
        **_subject(form),
        "form": form,
        "changes": desk.changes_to(form.current, offer, locale),
        "shown": desk.display_changes(form.plan, offer),
        "doubts": desk.doubts_about(offer),
        "keeps": desk.who_keeps(form.plan) if form.plan else {},
        "next_number": form.current.number + 1 if form.current else 1,
    }
    return render_selling(request, "plan_preview.html", context)


def _subject(form: PlanForm) -> dict[str, Any]:
    plan: Plan | None = form.plan
    return {
        "plan": plan,
        "product": plan_texts.PRODUCTS[form.product].name,
        "back_url": reverse("backoffice_plan", args=[plan.pk]) if plan else reverse("backoffice_plans"),
    }
