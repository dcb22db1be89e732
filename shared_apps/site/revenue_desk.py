"""What the revenue page shows, from the figures of billing and provisioning. Reads only, always the same queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from babel.dates import format_skeleton, format_timedelta
from babel.numbers import format_decimal, format_percent
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from billing.messages import explain
from billing.method_names import method_name
from billing.models import Payment
from billing.money import MINUS, Money, exponent_of
from billing.reports import selectors
from billing.reports.figures import (
    AGES,
    Flow,
    Month,
    Period,
    Total,
    by_age,
    months_of,
    per_mille,
    period_of,
    ratio_of_months,
    total_of,
)
from provisioning.selectors import OpeningTimes, opening_times
from shared_apps.core import charts
from shared_apps.core.charts import Chart, Series
from shared_apps.core.numbers import reader_locale
from shared_apps.site import revenue_texts as texts
from shared_apps.site.forms.desk import PAYMENT_STATES
from shared_apps.site.forms.refunds import DISPUTE_STATES
from shared_apps.site.plan_texts import PRODUCTS

Status = Payment.Status
NOTHING = "–"
NOT_OVER = (*Payment.OPEN, Status.NEEDS_REVIEW)


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that was counted for one period."""

    period: Period
    months: dict[str, list[Month]]
    plans: list[selectors.PlanRow]
    ages: list[dict[str, Flow]]
    longest: list[selectors.Unpaid]
    collected: list[tuple[int, str, str, int, int]]
    attempts: list[tuple[str, str, str, int]]
    refunds: list[tuple[int, str, bool, int, int]]
    disputes: list[tuple[str, str, int, int]]
    openings: OpeningTimes


@dataclass(frozen=True, slots=True)
class Table:
    """Figures for the eye: each row has its name and its cells."""

    caption: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]


@dataclass(slots=True)
class Tried:
    """What became of the attempts by one method."""

    received: int = 0
    unsuccessful: int = 0
    waiting: int = 0
    reasons: list[tuple[str, int]] = field(default_factory=list)

    @property
    def share(self) -> int | None:
        """Of those that are over, in thousandths."""
        return per_mille(self.received, self.received + self.unsuccessful)


def figures_of(now: datetime, *, months: int) -> Figures:
    """Count everything for the month of `now` and those before it, always by nine queries."""
    period = period_of(now, months=months, zone=timezone.get_default_timezone())
    return Figures(
        period=period,
        months=months_of(selectors.movements(period), months=months),
        plans=selectors.plans_now(now),
        ages=by_age(selectors.unpaid_by_day(now)),
        longest=selectors.longest_unpaid(now),
        collected=selectors.collected(period),
        attempts=selectors.attempts(period),
        refunds=selectors.given_back(period),
        disputes=selectors.disputed(period),
        openings=opening_times(since=period.begin, until=now),
    )


def stats_of(found: Figures) -> list[dict[str, Any]]:
    """The few figures on top: now, and this month until now."""
    monthly = total_of(Money(row.monthly_minor, row.currency) for row in found.plans)
    last = [(currency, months[-1]) for currency, months in found.months.items()]
    lost = total_of(Money(month.given_up, currency) for currency, month in last)
    churn = per_mille(sum(month.lost.number for _c, month in last), sum(month.opening.number for _c, month in last))
    this_month = len(found.period.starts) - 1
    received = total_of(
        Money(minor, currency) for month, _m, currency, _n, minor in found.collected if month == this_month
    )
    unpaid = total_of(Money(flow.minor, currency) for age in found.ages for currency, flow in age.items())
    due = total_of(Money(row.due_minor, row.currency) for row in found.plans)
    paying, trying = sum(row.paying for row in found.plans), sum(row.trialing for row in found.plans)
    return [
        _stat(_("Monthly revenue"), monthly, _("%(paying)s paying, %(trying)s on trial") % {"paying": paying, "trying": trying}),
        _stat(_("Lost this month"), lost, _("Churn: %(share)s") % {"share": share_text(churn)}),
        _stat(_("Received this month"), received, ""),
        _stat(_("Unpaid"), unpaid, renewals(sum(flow.number for age in found.ages for flow in age.values()))),
        _stat(_("Due in 30 days"), due, renewals(sum(row.due for row in found.plans))),
    ]  # fmt: skip


def charts_of(found: Figures) -> dict[str, Chart]:
    """The pictures, in francs at the fixed parity. Each has its figures in a table."""
    labels = [_month_label(start, "yM") for start in found.period.starts]
    axis = _("Month")

    def each(pick: Callable[[Month], int]) -> list[int]:
        return [
            total_of(Money(pick(months[i]), currency) for currency, months in found.months.items()).francs.minor
            for i in range(len(labels))
        ]

    revenue = Series(_("Monthly revenue"), each(lambda month: month.closing.minor))
    moves = [
        Series(_("Won"), each(lambda month: month.gained)),
        Series(pgettext("monthly revenue", "Lost"), each(lambda month: month.given_up)),
    ]
    unpaid = [total_of(Money(flow.minor, one) for one, flow in age.items()).francs.minor for age in found.ages]
    age_labels = [f"{first}–{last}" if last else f"≥ {first}" for first, last in AGES]
    return {
        "revenue": charts.line(_("Monthly revenue, FCFA"), labels, [revenue], format=_number, axis=axis),
        "moves": charts.bars(_("Won and lost, FCFA"), labels, moves, format=_number, axis=axis),
        "received": charts.stacked(
            _("Received by method, FCFA"), labels, _by_method(found, len(labels)), format=_number, axis=axis
        ),
        "unpaid": charts.bars(
            _("Unpaid, FCFA"), age_labels, [Series(_("Unpaid"), unpaid)], format=_number, axis=_("Days since the end of the paid time")
        ),
    }  # fmt: skip


def success_chart(tried: dict[str, Tried]) -> Chart | None:
    """The share of success by method; None where nothing is over yet."""
    shares = {name: one.share for name, one in tried.items() if one.share is not None}
    if not shares:
        return None
    series = [Series(_("Success"), [(share + 5) // 10 for share in shares.values()])]
    return charts.bars(
        _("Success by method, per cent"), [method_name(name) for name in shares], series, format=_number, axis=_("Method")
    )  # fmt: skip


def attempts_by_method(found: Figures) -> dict[str, Tried]:
    """What became of the attempts, method by method; reasons the most frequent first."""
    tried: dict[str, Tried] = {}
    for method, status, reason, number in found.attempts:
        one = tried.setdefault(method, Tried())
        if status == Status.SUCCEEDED:
            one.received += number
        elif status in NOT_OVER:
            one.waiting += number
        else:
            one.unsuccessful += number
            one.reasons.append((str(explain(reason).what if reason else PAYMENT_STATES[status]), number))
    return tried


def movement_tables(found: Figures) -> list[Table]:
    """Each currency's months, the latest first."""
    columns = [_("Month"), *(str(words) for _name, words in texts.MOVES), _("Churn")]
    tables = []
    for currency, months in found.months.items():
        told = zip(found.period.starts, months, ratio_of_months(months), strict=True)
        rows = [
            (
                _month_label(start),
                [*(_flow(getattr(month, name), currency) for name, _w in texts.MOVES), share_text(share)],
            )
            for start, month, share in told
        ]
        tables.append(Table(_("In %(currency)s") % {"currency": currency}, columns, rows[::-1]))
    return tables


def plan_table(found: Figures) -> Table:
    """Who has access now, by plan and currency."""
    columns = [
        _("Plan"),
        pgettext("subscriptions", "Paying"),
        _("On trial"),
        _("In grace"),
        _("Monthly revenue"),
        _("Due in 30 days"),
    ]
    rows = [
        (
            f"{PRODUCTS[row.product].name} {row.plan}",
            [
                *map(str, (row.paying, row.trialing, row.in_grace)),
                money(Money(row.monthly_minor, row.currency)),
                f"{money(Money(row.due_minor, row.currency))} ({row.due})" if row.due else NOTHING,
            ],
        )
        for row in found.plans
    ]
    return Table(_("By plan, now"), columns, rows)


def received_table(found: Figures) -> Table:
    """What came, by month and currency, the latest first."""
    sums: dict[tuple[int, str], Flow] = {}
    for month, _method, currency, number, minor in found.collected:
        before = sums.get((month, currency), Flow())
        sums[month, currency] = Flow(before.number + number, before.minor + minor)
    currencies = sorted({currency for _month, currency in sums})
    rows = [
        (_month_label(start), [_flow(sums.get((month, currency), Flow()), currency) for currency in currencies])
        for month, start in enumerate(found.period.starts)
    ]
    return Table(_("By month and currency"), [_("Month"), *currencies], rows[::-1] if sums else [])


def back_table(found: Figures) -> Table:
    """What went back and what is disputed, the latest first."""
    refunds = [
        (
            f"{_month_label(found.period.starts[month])} · {_('Kept as credit') if to_credit else _('Sent back')}",
            [str(number), money(Money(minor, currency))],
        )
        for month, currency, to_credit, number, minor in reversed(found.refunds)
    ]
    disputes = [
        (str(DISPUTE_STATES[status][0]), [str(number), money(Money(minor, currency))])
        for status, currency, number, minor in found.disputes
    ]
    return Table(
        _("Refunds and disputes"), [_("What"), pgettext("count", "Number"), _("Amount")], [*refunds, *disputes]
    )


def age_rows(found: Figures) -> list[dict[str, Any]]:
    """What is unpaid, by age, with each currency."""
    return [
        {
            "age": words,
            "number": sum(flow.number for flow in age.values()),
            "amount": " · ".join(money(Money(flow.minor, currency)) for currency, flow in age.items()) or NOTHING,
        }
        for words, age in zip(texts.AGES, found.ages, strict=True)
    ]


def opening_text(times: OpeningTimes) -> dict[str, str] | None:
    """Median and 95th percentile in words; None where nothing opened."""
    if times.median is None or times.slowest is None:
        return None
    return {"number": str(times.number), "median": _lasting(times.median), "slowest": _lasting(times.slowest)}


def _lasting(time: timedelta) -> str:
    if time < timedelta(seconds=1):
        return _("less than a second")
    return format_timedelta(time, granularity="second", threshold=2, locale=reader_locale())


def money(amount: Money) -> str:
    """An amount in the reader's language."""
    return _written(amount, reader_locale())


def share_text(per_thousand: int | None) -> str:
    """Thousandths as per cent in the reader's language."""
    if per_thousand is None:
        return NOTHING
    pattern = "#,##0.0\u202f%" if reader_locale().startswith("fr") else "#,##0.0%"
    return format_percent(per_thousand / 1000, pattern, locale=reader_locale())


def renewals(number: int) -> str:
    """So many renewals, in words."""
    return ngettext("%(number)d renewal", "%(number)d renewals", number) % {"number": number}


def _stat(label: str, total: Total, note: str) -> dict[str, Any]:
    apart = [f"+ {money(one)}" for one in total.apart]
    return {"label": label, "value": money(total.francs), "note": " · ".join([note, *apart] if note else apart)}


def _by_method(found: Figures, months: int) -> list[Series]:
    names = list(dict.fromkeys(method for _month, method, *_rest in found.collected))
    return [
        Series(method_name(name), [_francs(found.collected, month, name) for month in range(months)]) for name in names
    ]


def _francs(rows: Iterable[tuple[int, str, str, int, int]], month: int, method: str) -> int:
    amounts = (Money(minor, currency) for at, name, currency, _n, minor in rows if (at, name) == (month, method))
    return total_of(amounts).francs.minor


def _flow(flow: Flow, currency: str) -> str:
    """An amount of the table's currency, and of how many subscriptions or payments it is."""
    return f"{_bare(Money(flow.minor, currency), reader_locale())} ({flow.number})" if flow.number else NOTHING


def _month_label(start: datetime, skeleton: str = "yMMM") -> str:
    return format_skeleton(skeleton, timezone.localtime(start), locale=reader_locale())


def _number(value: float) -> str:
    return _decimal(value, reader_locale())


# A page writes the same figures many times: on the axes of three drawings, in tables, and again at the next visit.
@lru_cache(maxsize=4096)
def _decimal(value: float, locale: str) -> str:
    return str(format_decimal(value, locale=locale))


@lru_cache(maxsize=4096)
def _bare(amount: Money, locale: str) -> str:
    digits = exponent_of(amount.currency)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return str(format_decimal(amount.as_decimal(), pattern, locale=locale)).replace("-", MINUS)


@lru_cache(maxsize=4096)
def _written(amount: Money, locale: str) -> str:
    return amount.display(locale)
