"""The first page of staff: what waits for somebody, and how the shop does."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from shared_apps.core.context import own_url
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.core.numbers import number_text
from tenant_apps.store import selectors
from tenant_apps.store.models import Shop
from tenant_apps.store.presenting import report_desk
from tenant_apps.store.presenting.links import whatsapp_share
from tenant_apps.store.presenting.report_rows import EXPORTS, response_of
from tenant_apps.store.rules import periods
from tenant_apps.store.rules.months import Month
from tenant_apps.store.rules.periods import Period, named_period, own_period
from tenant_apps.store.selectors import reports
from tenant_apps.store.selectors.setup import Step, first_steps
from tenant_apps.store.selectors.stock import low_count, scarcest
from tenant_apps.store.services.reports import close_setup as close_steps
from tenant_apps.store.services.reports import note_export
from tenant_apps.store.texts import reports as texts
from tenant_apps.team.access import StaffRequest, may, permission_required
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace

REPORTS = "store.view_reports"
KINDS = ("csv", "xlsx")


class PeriodForm(forms.Form):
    """From one day to another. `period` is there once the form is valid."""

    first = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    last = forms.DateField(
        label=gettext_lazy("To, this day included"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    period: Period

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "first" in data and "last" in data:
            try:
                self.period = own_period(data["first"], data["last"], now=timezone.localtime())
            except DomainError as error:
                show_error(self, error)
        return data


@permission_required(REPORTS, "store.view_orders", "store.view_stock")
@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """Tasks for everybody who has some, figures for those who may see them."""
    shop = selectors.shop()
    period, form = _asked(request)
    low, low_number = scarcest(reports.LISTED), low_count()
    tasks = reports.tasks()
    steps = _steps_of(request, shop)
    is_set_up = bool(steps) and all(step["is_done"] for step in steps)
    context = {
        "shop": shop,
        "steps": [] if is_set_up else steps,
        "share": _share(shop) if is_set_up else None,
        "tasks": _tasks_of(request, tasks, low_number),
        "low": report_desk.low_table(low) if low and may(request, "store.view_stock") else None,
        "low_more": low_number - len(low),
        "has_sold": tasks.has_sold,
        "form": form,
    }
    if may(request, REPORTS):
        context |= _figures(request, period, currency=shop.currency)
    return render_workspace(request, "store/staff/home.html", context, status=UNPROCESSABLE if form.errors else 200)


@permission_required(REPORTS)
@require_safe
def export(request: StaffRequest, what: str, kind: str) -> HttpResponseBase:
    """Orders, lines or best sellers of a period, to take away."""
    if what not in EXPORTS or kind not in KINDS:
        raise Http404
    period, form = _asked(request)
    if form.errors:
        return redirect(f"{reverse('store:staff_home')}?{request.GET.urlencode()}")
    if request.method == "GET":
        note_export(kind=what, first=period.first, last=period.last, by=request.user)
    return response_of(
        EXPORTS[what],
        period=period,
        kind=kind,
        currency=selectors.shop().currency,
        with_people=may(request, "store.view_orders"),
    )


@permission_required("store.change_shop")
@require_POST
def close_setup(request: StaffRequest) -> HttpResponse:
    """Put the list of first steps away, or what stands in its place once all are done."""
    close_steps(by=request.user)
    messages.success(request, _("Put away."))
    return redirect("store:staff_home")


def _asked(request: StaffRequest) -> tuple[Period, PeriodForm]:
    """The period of the address; the usual one where it names none, or days that make none."""
    now = timezone.localtime()
    if "first" in request.GET or "last" in request.GET:
        form = PeriodForm(request.GET)
        return (form.period if form.is_valid() else named_period("", now=now)), form
    period = named_period(request.GET.get("period", ""), now=now)
    return period, PeriodForm(initial={"first": period.first, "last": period.last})


def _figures(request: StaffRequest, period: Period, *, currency: str) -> dict[str, Any]:
    found = report_desk.figures_of(period, currency=currency)
    return {
        "period": period,
        "periods": [{"key": key, "label": label, "current": key == period.key} for key, label in periods.NAMES.items()],
        "stats": report_desk.stats_of(found),
        "chart": report_desk.chart_of(found) if found.now.orders else None,
        "tables": report_desk.tables_of(found),
        "stock": report_desk.stock_stats(found),
        "definitions": texts.DEFINITIONS,
        "exports": _exports(period),
    }


def _exports(period: Period) -> list[dict[str, Any]]:
    query = f"first={period.first}&last={period.last}" if period.key == periods.OWN else f"period={period.key}"
    labels = {"orders": _("Orders"), "lines": _("Lines of orders"), "best-sellers": _("Best sellers")}
    month = Month.of(period.last)
    journal = _("Sales journal, %(month)s") % {"month": date_format(month.first, "F Y")}
    exports = [
        {
            "label": label,
            "files": [
                {"kind": kind.upper(), "url": f"{reverse('store:staff_export', args=[what, kind])}?{query}"}
                for kind in KINDS
            ],
        }
        for what, label in labels.items()
    ]
    journal_file = {"kind": "CSV", "url": f"{reverse('store:staff_sales_journal')}?month={month}"}
    return [*exports, {"label": journal, "files": [journal_file]}]


def _steps_of(request: StaffRequest, shop: Shop) -> list[dict[str, Any]]:
    """The first steps until the list is put away, for those who may take them."""
    if shop.setup_closed_at is not None or not may(request, "store.change_shop"):
        return []
    return [_step(step) for step in first_steps(shop)]


def _share(shop: Shop) -> dict[str, str]:
    """The storefront's address, and how to send it to customers."""
    url = own_url(reverse("store:home"))
    text = _("Have a look at our shop %(name)s: %(url)s") % {"name": shop.name, "url": url}
    return {"url": url, "whatsapp_url": whatsapp_share(text)}


def _step(step: Step) -> dict[str, Any]:
    return {
        "label": step.label,
        "text": step.text,
        "is_done": step.is_done,
        "url": reverse(step.url_name),
    }


def _tasks_of(request: StaffRequest, tasks: reports.Tasks, low_number: int) -> list[dict[str, Any]]:
    """What waits for this person: orders, reviews, stock; each with where it is done."""
    orders_url = reverse("store:staff_orders")
    cards = [
        ("store.view_orders", _("Orders to prepare"), tasks.to_prepare, orders_url, "package"),
        ("store.view_orders", _("Orders with goods missing"), tasks.short or None, orders_url, "triangle-alert"),
        ("store.moderate_reviews", _("Reviews to check"), tasks.reviews, reverse("store:staff_reviews"), "star"),
        ("store.view_stock", _("Low stock"), low_number, f"{reverse('store:staff_stock')}?show=low", "boxes"),
    ]
    return [
        {"label": label, "number": number_text(number), "waits": number > 0, "url": url, "icon": icon}
        for code, label, number, url, icon in cards
        if number is not None and may(request, code)
    ]
