"""The close-of-day report of a till in words, as it is printed."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from shared_apps.core.numbers import number_text, reader_locale
from shared_apps.documents.wording import percent
from tenant_apps.store.models import Shop, TillSession
from tenant_apps.store.rules.invoicing import percent_of_points
from tenant_apps.store.rules.typed_prices import price_text
from tenant_apps.store.selectors.drawer import Drawer, WayTotal
from tenant_apps.store.selectors.till_report import TillReport
from tenant_apps.store.texts.till import METHODS


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A figure with what it is; `detail` comes below it."""

    label: str
    value: str
    detail: str = ""
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class ReportPart:
    """Figures that belong together."""

    title: str
    rows: tuple[ReportRow, ...]


@dataclass(frozen=True, slots=True)
class ReportPaper:
    """The whole report."""

    title: str
    parts: tuple[ReportPart, ...]


def report_paper(session: TillSession, report: TillReport, shop: Shop) -> ReportPaper:
    """A session's report, in the language of now."""
    currency = shop.currency
    parts = [
        _sales(report, currency),
        _ways(report.drawer, currency),
        _taxes(report, shop),
        drawer_part(session, report.drawer, currency),
    ]
    return ReportPaper(
        title=_("Till report: %(till)s") % {"till": session.register.name},
        parts=tuple(part for part in parts if part.rows),
    )


def _sales(report: TillReport, currency: str) -> ReportPart:
    def shown(minor: int) -> str:
        return price_text(minor, currency=currency)

    rows = [ReportRow(_("Sales"), number_text(report.sales), _offline(report))]
    if report.discount_minor:
        rows += [
            ReportRow(_("At list prices"), shown(report.list_minor)),
            ReportRow(_("Discounts"), shown(-report.discount_minor)),
        ]
    rows.append(ReportRow(pgettext("till report", "Sold"), shown(report.sold_minor)))
    if report.returns:
        rows.append(ReportRow(_("Returns: %(count)s") % {"count": report.returns}, shown(-report.returned_minor)))
    rows.append(ReportRow(_("Sales less returns"), shown(report.net_minor), is_sum=True))
    if report.refused:
        rows.append(ReportRow(_("Not booked, to look at"), number_text(report.refused)))
    return ReportPart(_("Sales"), tuple(rows))


def _offline(report: TillReport) -> str:
    return _("of which offline: %(count)s") % {"count": number_text(report.offline)} if report.offline else ""


def _ways(drawer: Drawer, currency: str) -> ReportPart:
    rows = [ReportRow(str(METHODS[way.method]), price_text(way.net_minor, currency=currency), _split(way, currency))
            for way in drawer.ways]  # fmt: skip
    return ReportPart(_("Ways to pay"), tuple(rows))


def _split(way: WayTotal, currency: str) -> str:
    if not way.given_back_minor:
        return ""
    amounts = {
        "taken": price_text(way.taken_minor, currency=currency),
        "back": price_text(way.given_back_minor, currency=currency),
    }
    return _("%(taken)s taken, %(back)s given back") % amounts


def _taxes(report: TillReport, shop: Shop) -> ReportPart:
    name = shop.tax_name or pgettext("document", "VAT")
    rows = []
    for rate in report.rates:
        if not rate.rate_bp:
            continue
        label = f"{name} {percent(percent_of_points(rate.rate_bp), reader_locale())}"
        base = _("on %(amount)s before tax") % {
            "amount": price_text(rate.total_minor - rate.tax_minor, currency=shop.currency)
        }
        rows.append(ReportRow(label, price_text(rate.tax_minor, currency=shop.currency), base))
    return ReportPart(_("Tax within the sales"), tuple(rows))


def drawer_part(session: TillSession, drawer: Drawer, currency: str) -> ReportPart:
    """What should be in a session's drawer, as a sum that can be followed; once it was counted, what was there."""
    moved = [
        (_("Counted at the opening"), drawer.opening_minor, True),
        (_("Cash taken"), drawer.cash.taken_minor, True),
        (_("Cash given back"), -drawer.cash.given_back_minor, False),
        (_("Put in"), drawer.put_in_minor, False),
        (_("Taken out"), -drawer.taken_out_minor, False),
    ]
    rows = [ReportRow(label, price_text(minor, currency=currency)) for label, minor, always in moved if always or minor]
    rows.append(
        ReportRow(_("Should be in the drawer"), price_text(drawer.expected_minor, currency=currency), is_sum=True)
    )
    if session.counted_minor is not None:
        rows += [
            ReportRow(_("Counted"), price_text(session.counted_minor, currency=currency)),
            ReportRow(_("Difference"), _signed(session.difference_minor or 0, currency), session.note, is_sum=True),
        ]
    return ReportPart(_("Cash in the drawer"), tuple(rows))


def _signed(minor: int, currency: str) -> str:
    plus = "+" if minor > 0 else ""
    return plus + price_text(minor, currency=currency)
