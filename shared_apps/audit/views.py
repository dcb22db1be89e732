"""The pages of the log, once for the back office and once for every workspace: each gives them its door and shell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from babel.dates import format_skeleton
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import to_locale

from shared_apps.audit import selectors
from shared_apps.audit.details import category_label, compare, describe, facts_of
from shared_apps.audit.export import export_response
from shared_apps.audit.forms import FilterForm, RetentionForm
from shared_apps.audit.services import set_retention
from shared_apps.audit.texts import LEVELS
from shared_apps.core import charts

PAGE = 50


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the pages stand: how one is rendered, what the names of their addresses begin with, what roles are called."""

    render: Callable[..., HttpResponse]
    base: str
    roles: Callable[[], Mapping[str, str | Promise]]
    may_change: Callable[[Any], bool] = lambda request: True

    def url(self, page: str = "", *args: Any) -> str:
        return reverse(f"{self.base}_{page}" if page else self.base, args=args)

    def page(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, current: str = "", status: int = 200
    ) -> HttpResponse:
        pages = (("", _("Activity")), ("statistics", _("Statistics")), ("retention", _("Keeping")))
        tabs = [{"url": self.url(page), "label": label, "current": page == current} for page, label in pages]
        return self.render(
            request, f"audit/{template}", {"tabs": tabs, "log_url": self.url(), **context}, status=status
        )


def log(request: HttpRequest, frame: Frame) -> HttpResponse:
    """The list, filtered, searched and ordered. Two queries for the log."""
    form = FilterForm(request.GET)
    rows = selectors.entries(form.wanted, order=form.chosen_order)
    paginator = selectors.CappedPaginator(rows, PAGE)
    page = paginator.get_page(request.GET.get("page"))
    lines = [{"entry": entry, "url": frame.url("entry", entry.pk), **describe(entry)} for entry in page.object_list]
    context = {
        "form": form,
        "page": page,
        "lines": lines,
        "capped_at": selectors.MOST_COUNTED if paginator.is_capped else 0,
        "export_url": f"{frame.url('export')}?{request.GET.urlencode()}",
        "is_filtered": bool(form.changed_data),
    }
    return frame.page(request, "log.html", context)


def entry(request: HttpRequest, frame: Frame, entry_id: int) -> HttpResponse:
    """One entry: who, when, from where, and what it was before and after."""
    found = selectors.entry_of(entry_id)
    context = {
        "entry": found,
        **describe(found),
        "rows": compare(found.before, found.after, frame.roles()),
        "facts": facts_of(found),
        "same_resource_url": f"{frame.url()}?resource={found.resource_type}:{found.resource_id}",
    }
    return frame.page(request, "entry.html", context)


def statistics(request: HttpRequest, frame: Frame) -> HttpResponse:
    """Counts by category, day and person; of the last 30 days unless dates are given."""
    form = FilterForm(request.GET)
    wanted = selectors.with_period(form.wanted)
    counted = selectors.statistics(wanted)
    language = to_locale(translation.get_language() or settings.LANGUAGE_CODE)
    labels = [format_skeleton("Md", day, locale=language) for day, _number in counted.days]
    context = {
        "form": form,
        "counted": counted,
        "since": wanted.since,
        "until": wanted.until,
        "levels": [{"words": LEVELS[key], "number": counted.levels.get(key, 0)} for key in LEVELS],
        "by_day": charts.bars(
            _("Entries a day"), labels, [charts.Series(_("Entries"), [n for _day, n in counted.days])], axis=_("Day")
        ),
        "by_category": [{"label": category_label(key), "number": number} for key, number in counted.categories],
        "by_actor": [{"label": label or _("the system"), "number": number} for label, number in counted.actors],
    }
    return frame.page(request, "statistics.html", context, current="statistics")


def export(request: HttpRequest, frame: Frame) -> StreamingHttpResponse | HttpResponse:
    """What the list shows, as CSV."""
    form = FilterForm(request.GET)
    if not form.is_valid():
        return redirect(f"{frame.url()}?{request.GET.urlencode()}")
    return export_response(form.wanted)


def retention(request: HttpRequest, frame: Frame) -> HttpResponse:
    """How long entries are kept, by category; those who may change it do it here."""
    may_change = frame.may_change(request)
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    form = RetentionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        set_retention(days=form.cleaned_data)
        messages.success(request, _("Saved. What is older is deleted tonight."))
        return redirect(frame.url("retention"))
    context = {"form": form, "may_change": may_change}
    return frame.page(request, "retention.html", context, current="retention", status=422 if form.errors else 200)
