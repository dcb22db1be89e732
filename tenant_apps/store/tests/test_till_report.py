"""The close-of-day report of the till, to the franc, and against the orders' reports."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.accounts.models import User
from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Location, Order, Shop, TillSession, Variant
from tenant_apps.store.rules.periods import named_period
from tenant_apps.store.selectors import reports
from tenant_apps.store.selectors.drawer import WayTotal
from tenant_apps.store.selectors.till_report import RateTotal, report_of
from tenant_apps.store.services import till
from tenant_apps.store.services.fulfilment import take_back
from tenant_apps.store.services.till_returns import take_back_at_till
from tenant_apps.store.tests.support import make_variants
from tenant_apps.store.tests.till_support import make_register, make_session, owner, sell, sold_line
from tests.support.random_runs import random_runs, undone
from tests.support.tenants import Browser

pytestmark = pytest.mark.django_db


def give_back(session: TillSession, order: Order, pieces: int, method: str = "cash") -> None:
    line = order.lines.first()
    assert line is not None
    take_back_at_till(
        session_id=session.pk, key=uuid.uuid4(), order_id=order.pk, pieces={line.pk: pieces}, method=method,
        reason="taille", restock=True, by=owner(),
    )  # fmt: skip


def test_a_session_adds_up_to_the_franc(tenant: Tenant) -> None:
    Shop.objects.update(tax_rate_bp=1_925)
    session = make_session(opening=5_000)
    [cloth] = make_variants(20, price_minor=1_000)
    first = sell(session, sold_line(cloth, 3, discount_minor=500, reason="fidèle")).order
    split = [
        {"method": "cash", "amount_minor": 700, "tendered_minor": 1000},
        {"method": "wave", "amount_minor": 1300},
    ]
    sell(session, sold_line(cloth, 2), payments=split, offline=True)
    till.move_cash(session_id=session.pk, key=uuid.uuid4(), amount_minor=-2_000, reason="banque", by=owner())
    till.move_cash(session_id=session.pk, key=uuid.uuid4(), amount_minor=300, reason="monnaie", by=owner())
    assert first is not None
    give_back(session, first, 1)
    back = first.lines.first()
    assert back is not None
    report = report_of(session)
    net = 2_500 + 2_000 - back.unit_minor
    assert (report.sales, report.offline, report.list_minor, report.discount_minor, report.sold_minor) == (
        2, 1, 5_000, 500, 4_500,
    )  # fmt: skip
    assert (report.returns, report.returned_minor, report.net_minor) == (1, back.unit_minor, net)
    assert report.drawer.ways == (WayTotal("cash", 3_200, back.unit_minor), WayTotal("wave", 1_300, 0))
    [rate] = report.rates
    assert (rate.rate_bp, rate.total_minor) == (1_925, net)
    assert (report.drawer.put_in_minor, report.drawer.taken_out_minor) == (300, 2_000)
    assert report.drawer.expected_minor == 5_000 + 3_200 - back.unit_minor - 2_000 + 300
    till.close_session(session_id=session.pk, counted_minor=report.drawer.expected_minor - 50, unsent=0, by=owner())
    session.refresh_from_db()
    assert report_of(session).drawer.expected_minor == report.drawer.expected_minor


def test_what_comes_back_counts_in_the_session_it_came_back_in(tenant: Tenant) -> None:
    [cloth] = make_variants(20, price_minor=1_000)
    morning = make_session(make_register("Matin"))
    evening = make_session(make_register("Soir"))
    order = sell(morning, sold_line(cloth, 2)).order
    assert order is not None
    give_back(evening, order, 1, "wave")
    assert (report_of(morning).net_minor, report_of(evening).net_minor) == (2_000, -1_000)
    assert report_of(evening).rates == (RateTotal(order.tax_rate_bp, -1_000, report_of(evening).rates[0].tax_minor),)


sales = st.fixed_dictionaries(
    {
        "session": st.integers(0, 1),
        "prices": st.lists(
            st.tuples(st.integers(0, 2), st.integers(1, 4), st.integers(0, 900)), min_size=1, max_size=3
        ),
        "off": st.integers(0, 999),
        "wave": st.integers(0, 10),
        "offline": st.booleans(),
        "rate": st.sampled_from([0, 1_800, 1_925]),
        "returns": st.lists(
            st.tuples(st.integers(0, 1), st.integers(0, 3), st.integers(1, 4), st.booleans()), max_size=3
        ),
    }
)


def run(one: dict[str, Any], sessions: list[TillSession], variants: list[Variant], by: User) -> None:
    """A sale with discounts, paid in two ways, some of which comes back at either till or on the order's page."""
    Shop.objects.update(tax_rate_bp=one["rate"])
    lines = [
        sold_line(variants[number], pieces, discount_minor=min(less, variants[number].price_minor * pieces), reason="x")
        for number, pieces, less in one["prices"]
    ]
    items = sum(line["unit_minor"] * line["quantity"] - line["discount_minor"] for line in lines)
    off = min(one["off"], items)
    total = items - off
    wave = total * one["wave"] // 10
    paid = [{"method": "wave", "amount_minor": wave}, {"method": "cash", "amount_minor": total - wave}]
    order = sell(
        sessions[one["session"]], *lines, by=by, offline=one["offline"], discount_minor=off, discount_reason="x",
        payments=[part for part in paid if part["amount_minor"]],
    ).order  # fmt: skip
    assert order is not None
    for at, line_number, pieces, at_desk in one["returns"]:
        line = order.lines.all()[line_number % order.lines.count()]
        same = {"order_id": order.pk, "key": uuid.uuid4(), "pieces": {line.pk: pieces}, "reason": "x", "by": by}
        with suppress(DomainError):
            if at_desk:
                take_back(location=Location.objects.get(), **same)
            else:
                take_back_at_till(session_id=sessions[at].pk, method="wave", restock=True, **same)


@pytest.fixture
def articles(tenant: Tenant) -> list[Variant]:
    return [make_variants(999, f"Article {price}", price_minor=price)[0] for price in (333, 1_000, 7_777)]


@random_runs
@given(made=st.lists(sales, max_size=5))
def test_the_tills_agree_with_the_reports_of_orders(articles: list[Variant], made: list[dict[str, Any]]) -> None:
    with undone():
        sessions = [make_session(make_register(name)) for name in ("A", "B")]
        by = owner()
        for one in made:
            run(one, sessions, articles, by)
        period = named_period("today", now=timezone.localtime() + timedelta(minutes=1))
        now, _before = reports.totals(period)
        told = [report_of(session) for session in sessions]
        assert now.orders == sum(one.sales for one in told)
        assert now.sales == sum(one.net_minor for one in told)
        assert now.refunds == sum(one.returned_minor for one in told)
        assert now.tax == sum(rate.tax_minor for one in told for rate in one.rates)
        ways = Counter[str]()
        for one in told:
            ways.update({way.method: way.net_minor for way in one.drawer.ways})
        assert {way.method: way.kept for way in reports.till_ways(period)} == dict(ways)
        assert sum(ways.values()) == now.sales == sum(way.sales for way in reports.sales_by_way(period))
        for session, one in zip(sessions, told, strict=True):
            assert one.drawer.expected_minor == session.opening_minor + one.drawer.cash.net_minor
            assert (
                one.net_minor
                == sum(rate.total_minor for rate in one.rates)
                == sum(w.net_minor for w in one.drawer.ways)
            )
            assert one.list_minor - one.discount_minor == one.sold_minor


def test_the_report_is_a_page_that_costs_the_same_whatever_was_sold(tenant: Tenant) -> None:
    Shop.objects.update(tax_rate_bp=1_925)
    session = make_session()
    [cloth] = make_variants(50, price_minor=1_000)
    browser = Browser(tenant)
    browser.force_login(owner(), backend="allauth.account.auth_backends.AuthenticationBackend")
    path = f"/staff/tills/{session.pk}/report/"
    assert browser.get(path).status_code == 200

    def trade() -> None:
        order = sell(session, sold_line(cloth, 2)).order
        assert order is not None
        give_back(session, order, 1)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            report_of(session)
        return len(queries)

    trade()
    few = cost()
    for _time in range(4):
        trade()
    assert cost() == few == 5
    till.close_session(session_id=session.pk, counted_minor=14_900, unsent=0, by=owner())
    page = browser.get(path).content.decode().replace("\u202f", " ").replace("\xa0", " ")
    assert "5 000 FCFA" in page
    assert "−100 FCFA" in page
    assert browser.get(f"/staff/tills/{uuid.UUID(int=3)}/report/").status_code == 404


def rows_of(browser: Browser, path: str) -> list[tuple[str, ...]]:
    """Names and values on a page, each with what is said below it."""
    page = browser.get(path).content.decode().replace("\u202f", " ").replace("\xa0", " ")
    found = re.findall(r"<div[^>]*><dt[^>]*>([^<]+)</dt>(.*?)</div>", page, re.DOTALL)
    return [(name, *re.findall(r"[^<>]+(?=<)", cells)) for name, cells in found]


def test_the_page_of_a_session_names_each_of_its_figures(tenant: Tenant) -> None:
    session = make_session(opening=5_000)
    [cloth] = make_variants(50, price_minor=1_000)
    sell(session, sold_line(cloth, 2), payments=[{"method": "wave", "amount_minor": 2_000}])
    browser = Browser(tenant)
    browser.force_login(owner(), backend="allauth.account.auth_backends.AuthenticationBackend")
    rows = rows_of(browser, f"/staff/tills/{session.pk}/")
    assert [row[0] for row in rows[:2]] == ["Ouverte", "Fermée"]
    assert rows[2:] == [
        ("Comptés à l’ouverture", "5 000 FCFA"),
        ("Espèces encaissées", "0 FCFA"),
        ("Devrait être dans le tiroir", "5 000 FCFA"),
        ("Wave", "2 000 FCFA"),
    ]


def test_the_page_of_a_session_says_of_its_drawer_what_its_report_says(tenant: Tenant) -> None:
    session = make_session(opening=5_000)
    [cloth] = make_variants(50, price_minor=1_000)
    order = sell(session, sold_line(cloth, 3)).order
    assert order is not None
    give_back(session, order, 1)
    for amount in (-2_000, 300):
        till.move_cash(session_id=session.pk, key=uuid.uuid4(), amount_minor=amount, reason="banque", by=owner())
    till.close_session(session_id=session.pk, counted_minor=5_400, unsent=0, note="Rendu en trop", by=owner())
    browser = Browser(tenant)
    browser.force_login(owner(), backend="allauth.account.auth_backends.AuthenticationBackend")
    drawer = [
        ("Comptés à l’ouverture", "5 000 FCFA"),
        ("Espèces encaissées", "3 000 FCFA"),
        ("Espèces rendues", "−1 000 FCFA"),
        ("Apports", "300 FCFA"),
        ("Retraits", "−2 000 FCFA"),
        ("Devrait être dans le tiroir", "5 300 FCFA"),
        ("Compté", "5 400 FCFA"),
        ("Écart", "+100 FCFA", "Rendu en trop"),
    ]
    assert rows_of(browser, f"/staff/tills/{session.pk}/")[2:] == drawer
    assert rows_of(browser, f"/staff/tills/{session.pk}/report/")[-len(drawer) :] == drawer
