"""The back office's page about revenue, and what can be taken away from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from billing.method_names import method_name
from billing.reports import journal
from billing.services.exports import note_export
from shared_apps.core.csv_export import csv_response
from shared_apps.site import revenue_desk as desk
from shared_apps.site import revenue_exports as exports
from shared_apps.site import revenue_texts as texts
from shared_apps.site.forms.revenue import ExportForm
from shared_apps.site.views.backoffice import platform_admin, render_backoffice

DEFAULT_MONTHS = 12
# What may be taken away: what its file is called, its columns, and its rows between two moments.
EXPORTS: dict[str, tuple[Any, Sequence[Any], Callable[..., Iterator[list[Any]]]]] = {
    "payments": (pgettext_lazy("file name", "payments"), exports.PAYMENTS, exports.payment_rows),
    "invoices": (pgettext_lazy("file name", "invoices"), exports.INVOICES, exports.invoice_rows),
    "subscriptions": (pgettext_lazy("file name", "subscriptions"), exports.SUBSCRIPTIONS, exports.subscription_rows),
    "journal": (pgettext_lazy("file name", "journal"), journal.HEADER, journal.journal_rows),
}


@require_safe
@platform_admin
def revenue(request: HttpRequest) -> HttpResponse:
    """Monthly revenue and what moves it, what came, what is unpaid, how ways to pay do."""
    months = _months(request)
    found = desk.figures_of(timezone.now(), months=months)
    tried = desk.attempts_by_method(found)
    context = {
        "periods": [
            {"months": number, "label": texts.MONTHS_LABEL % {"number": number}, "current": number == months}
            for number in texts.MONTHS
        ],
        "stats": desk.stats_of(found),
        "charts": desk.charts_of(found),
        "success": desk.success_chart(tried),
        "tried": [{"method": method_name(name), "share": desk.share_text(one.share), "it": one} for name, one in tried.items()],
        "tables": desk.movement_tables(found),
        "plans": desk.plan_table(found),
        "received": desk.received_table(found),
        "back": desk.back_table(found),
        "ages": desk.age_rows(found),
        "longest": found.longest,
        "openings": desk.opening_text(found.openings),
        "definitions": texts.DEFINITIONS,
    }  # fmt: skip
    return render_backoffice(request, "revenue.html", context)


def _months(request: HttpRequest) -> int:
    asked = request.GET.get("months", "")
    return next((number for number in texts.MONTHS if str(number) == asked), DEFAULT_MONTHS)


@require_safe
@platform_admin
def export(request: HttpRequest) -> HttpResponseBase:
    """Choose what to take away and of which days; with both, the file itself."""
    form = ExportForm(request.GET if "what" in request.GET else None)
    if not form.is_valid():
        return render_backoffice(request, "revenue_export.html", {"form": form}, status=422 if form.errors else 200)
    what, since, until = (form.cleaned_data[name] for name in ("what", "since", "until"))
    name, header, rows = EXPORTS[what]
    zone = timezone.get_default_timezone()
    begin, end = (datetime.combine(day, time.min, tzinfo=zone) for day in (since, until + timedelta(days=1)))
    if request.method == "GET":
        note_export(kind=what, since=since, until=until, admin=request.user)
    return csv_response(
        filename=f"{name}-{since:%Y-%m-%d}-{until:%Y-%m-%d}.csv",
        header=header,
        rows=rows(since=begin, until=end),
    )
