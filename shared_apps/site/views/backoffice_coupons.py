"""The back office's pages about coupons."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Coupon, Order
from billing.services.coupon_desk import change_coupon, create_coupon, is_promised, new_code, set_coupon_active
from shared_apps.audit.texts import timeline
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.core.numbers import reader_locale
from shared_apps.site import coupons as desk
from shared_apps.site.backoffice import history_of_resource
from shared_apps.site.forms.coupons import CouponFilter, CouponForm
from shared_apps.site.plan_texts import CYCLES, ORDER_KINDS, PRODUCTS, plan_label
from shared_apps.site.views.backoffice import platform_admin
from shared_apps.site.views.backoffice_selling import UNPROCESSABLE, render_selling


@require_safe
@platform_admin
def coupons(request: HttpRequest) -> HttpResponse:
    """Every coupon, by state and code."""
    form = CouponFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"q": "", "state": ""}
    page = Paginator(desk.find_coupons(state=chosen["state"], search=chosen["q"]), 25).get_page(request.GET.get("page"))
    locale = reader_locale()
    rows = [desk.row_of(coupon, locale) for coupon in page.object_list]
    return render_selling(
        request, "coupons.html", {"form": form, "page": page, "rows": rows, "filtered": any(chosen.values())}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def new(request: HttpRequest) -> HttpResponse:
    """Make a coupon; "generate" fills in a code and keeps the rest."""
    if request.method != "POST":
        return _form_page(request, CouponForm(initial={"code": new_code()}))
    if "generate" in request.POST:
        typed = request.POST.copy()
        typed["code"] = new_code()
        return _form_page(request, CouponForm(initial={**typed.dict(), "plans": typed.getlist("plans")}))
    form = CouponForm(request.POST)
    if form.is_valid():
        try:
            made = create_coupon(terms=form.terms(), actor=request.user)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Coupon %(code)s is made.") % {"code": made.code})
            return redirect("backoffice_coupon", id=made.pk)
    return _form_page(request, form)


@require_safe
@platform_admin
def coupon(request: HttpRequest, id: int) -> HttpResponse:
    """One coupon: what it gives, who used it, and what it cost us."""
    found = desk.get_coupon(id)
    page = Paginator(desk.orders_with(found), 25).get_page(request.GET.get("page"))
    context = {
        **desk.row_of(found, reader_locale()),
        "plans": [f"{PRODUCTS[plan.product].name} {plan.display_name}" for plan in found.plans.all()],
        "savings": desk.savings(found),
        "page": page,
        "rows": [_order_row(order) for order in page.object_list],
        "events": timeline(history_of_resource(found, but=("coupon.used", "coupon.given_back"))),
    }
    return render_selling(request, "coupon.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def edit(request: HttpRequest, id: int) -> HttpResponse:
    """Change a coupon, as far as nobody counts on it."""
    found = desk.get_coupon(id)
    promised = is_promised(found)
    form = CouponForm(request.POST if request.method == "POST" else None, coupon=found, is_promised=promised)
    if request.method == "POST" and form.is_valid():
        try:
            change_coupon(coupon_id=found.pk, terms=form.terms(), actor=request.user)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("backoffice_coupon", id=found.pk)
    return _form_page(request, form, found, promised=promised)


@require_POST
@platform_admin
def switch(request: HttpRequest, id: int) -> HttpResponse:
    """Switch a coupon off, or on again."""
    found = desk.get_coupon(id)
    is_active = request.POST.get("is_active") == "1"
    if set_coupon_active(coupon_id=found.pk, is_active=is_active, actor=request.user):
        messages.success(
            request,
            _("The code can be used again.")
            if is_active
            else _("The code is switched off. Orders made with it keep their price."),
        )
    return redirect("backoffice_coupon", id=found.pk)


def _order_row(order: Order) -> dict[str, Any]:
    return {
        "order": order,
        "plan": plan_label(order),
        "cycle": CYCLES[order.cycle],
        "kind": ORDER_KINDS[order.kind],
        "is_paid": order.status in (Order.Status.PAID, Order.Status.FULFILLED),
        "is_open": order.status == Order.Status.AWAITING_PAYMENT,
    }


def _form_page(
    request: HttpRequest, form: CouponForm, coupon: Coupon | None = None, *, promised: bool = False
) -> HttpResponse:
    context = {
        "form": form,
        "coupon": coupon,
        "promised": promised,
        "back_url": reverse("backoffice_coupon", args=[coupon.pk]) if coupon else reverse("backoffice_coupons"),
    }
    return render_selling(request, "coupon_form.html", context, status=UNPROCESSABLE if form.errors else 200)
