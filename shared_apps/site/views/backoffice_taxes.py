"""The back office's pages about tax rates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.services.taxes import end_tax_rate, set_tax_rate, today_here, withdraw_tax_rate
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.site import taxes as desk
from shared_apps.site.countries import country_name
from shared_apps.site.forms.taxes import TaxEndForm, TaxRateForm
from shared_apps.site.views.backoffice import platform_admin
from shared_apps.site.views.backoffice_selling import UNPROCESSABLE, render_selling


@require_safe
@platform_admin
def taxes(request: HttpRequest) -> HttpResponse:
    """Every rate, by country, with what it makes of a price."""
    return render_selling(request, "taxes.html", {"countries": desk.rates_by_country(), "sample": desk.SAMPLE})


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def new(request: HttpRequest) -> HttpResponse:
    """Enter a rate: first what it would do, then the button that keeps it."""
    if request.method != "POST":
        return _form_page(request, TaxRateForm(initial={"country": request.GET.get("country", "")[:2]}))
    form = TaxRateForm(request.POST)
    if "edit" in request.POST or not form.is_valid():
        return _form_page(request, form)
    if "save" not in request.POST:
        return _preview_page(request, form)
    rate = form.rate()
    try:
        set_tax_rate(
            country=rate.country,
            name=rate.name,
            percent=rate.percent,
            valid_from=rate.valid_from,
            is_included=rate.is_included,
            reverse_charge=rate.reverse_charge,
            note=rate.note,
            actor=request.user,
        )
    except DomainError as error:
        show_error(form, error)
        return _form_page(request, form)
    messages.success(request, _("The rate is entered."))
    return redirect("backoffice_taxes")


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def end(request: HttpRequest, id: int) -> HttpResponse:
    """Say until when a rate is valid."""
    rate = desk.get_rate(id)
    form = TaxEndForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            end_tax_rate(rate_id=rate.pk, last_day=form.cleaned_data["last_day"], actor=request.user)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The rate ends on that day."))
            return redirect("backoffice_taxes")
    context = {"form": form, **desk.row_of(rate, today_here()), "country": country_name(rate.country)}
    return render_selling(request, "tax_end.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_POST
@platform_admin
def withdraw(request: HttpRequest, id: int) -> HttpResponse:
    """Take a planned rate back."""
    rate = desk.get_rate(id)
    try:
        withdraw_tax_rate(rate_id=rate.pk, actor=request.user)
    except DomainError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("The planned rate is withdrawn."))
    return redirect("backoffice_taxes")


def _form_page(request: HttpRequest, form: TaxRateForm) -> HttpResponse:
    is_wrong = form.is_bound and bool(form.errors) and "edit" not in request.POST
    return render_selling(request, "tax_form.html", {"form": form}, status=UNPROCESSABLE if is_wrong else 200)


def _preview_page(request: HttpRequest, form: TaxRateForm) -> HttpResponse:
    rate = form.rate()
    ending = desk.rate_that_ends(rate)
    context: dict[str, Any] = {
        "form": form,
        "sample": desk.SAMPLE,
        **desk.row_of(rate, today_here()),
        "country": country_name(rate.country),
        "ending": desk.row_of(ending, today_here()) if ending else None,
        "ending_on": rate.valid_from - timedelta(days=1),
    }
    return render_selling(request, "tax_preview.html", context)
