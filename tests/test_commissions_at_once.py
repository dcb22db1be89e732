"""Takings collected, given back and stated by many at once, and by workers that die: each counts exactly once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django_tenants.utils import tenant_context

from billing.models import Commission, Payout
from billing.money import Money
from billing.services import commissions
from billing.services.commissions import collect_from, collect_takings
from billing.services.payouts import approve_payout, confirm_payout, make_payouts, mark_payout_paid
from shared_apps.core.errors import Conflict
from shared_apps.organisations.current import Tenant
from shared_apps.organisations.models import Organisation
from tenant_apps.payments.models import CommissionEvent
from tenant_apps.payments.services import record_refund
from tests.books import check_books
from tests.support.dying import killed_at_every_point
from tests.support.factories import make_admin
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once, interrupted
from tests.takings import check_commissions, events_organisation, give_back, sell

pytestmark = pytest.mark.usefixtures("committed_db")
OCTOBER, IN_NOVEMBER = datetime(2026, 10, 10, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)


def some_sales() -> Organisation:
    for number in range(12):
        sell(f"ticket:{number}", 10_050, at=OCTOBER)
    for number in range(4):
        give_back(f"refund:{number}", 3_333, of="ticket:0" if number < 3 else "ticket:1", at=OCTOBER)
    return events_organisation()


def check_sixteen(organisation: Organisation) -> None:
    assert Commission.objects.count() == 16
    with tenant_context(ready_tenant("events-a")):
        assert not CommissionEvent.objects.filter(collected_at=None).exists()
    events_organisation()
    check_commissions(organisation)
    check_books()


def test_ten_collectors_at_once_book_everything_once() -> None:
    organisation = some_sales()
    outcomes = at_once(10, lambda _: collect_from(events_organisation()).booked)
    assert sum(outcomes) == 16
    check_sixteen(organisation)


def test_without_the_lock_collectors_collide_and_the_database_keeps_it_once(monkeypatch: Any) -> None:
    organisation, told = some_sales(), []
    with tenant_context(ready_tenant("events-a")):
        told = commissions.import_module("tenant_apps.payments.services").takings_waiting(limit=1)
    monkeypatch.setattr(commissions, "lock_books", lambda _pk: None)
    outcomes = interrupted(
        monkeypatch, commissions, "post",
        first=lambda: commissions.book(organisation_id=organisation.pk, told=told[0]),
        then=lambda: commissions.book(organisation_id=organisation.pk, told=told[0]),
    )  # fmt: skip
    assert [type(one) for one in outcomes] == [bool, IntegrityError]
    assert Commission.objects.count() == 1


def test_a_collector_killed_at_every_point_loses_and_doubles_nothing() -> None:
    sell("ticket:1", 10_050)
    give_back("refund:1", 3_333, of="ticket:1")
    deaths = killed_at_every_point(collect_takings)
    assert deaths > 20
    assert Commission.objects.count() == 2
    with tenant_context(ready_tenant("events-a")):
        assert not CommissionEvent.objects.filter(collected_at=None).exists()
    check_commissions(events_organisation())


def test_refunds_at_once_give_back_no_more_than_was_taken() -> None:
    sell("ticket:1", 10_000)

    def refund(number: int) -> None:
        tenant: Tenant = ready_tenant("events-a")
        with tenant_context(tenant), transaction.atomic():
            record_refund(source=f"refund:{number}", taking="ticket:1", amount=Money(3_000, "XAF"))

    outcomes = at_once(10, refund)
    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict"] * 7 + ["NoneType"] * 3
    collect_takings()
    assert Commission.objects.get(kind="collected").refunded_minor == 9_000


def test_the_same_refund_told_by_several_at_once_counts_once() -> None:
    sell("ticket:1", 10_000)
    outcomes = at_once(6, lambda _: give_back("refund:1", 3_000, of="ticket:1").gross_minor)
    assert outcomes == [3_000] * 6
    collect_takings()
    assert Commission.objects.get(kind="collected").refunded_minor == 3_000


def test_statements_made_by_several_at_once_while_takings_come_in_hold_everything_once() -> None:
    organisation = some_sales()
    at_once(6, lambda number: collect_takings() if number % 2 else make_payouts(now=IN_NOVEMBER))
    collect_takings()
    make_payouts(now=IN_NOVEMBER)
    make_payouts(now=datetime(2026, 12, 2, tzinfo=UTC))
    assert not Commission.objects.filter(payout=None).exists()
    assert Payout.objects.filter(month="2026-10-01").count() == 1
    assert sum(Payout.objects.values_list("gross_minor", flat=True)) == 12 * 10_050
    check_sixteen(organisation)


def test_statements_killed_at_every_point_are_made_once() -> None:
    sell("ticket:1", 10_050, at=OCTOBER)
    collect_takings()
    assert killed_at_every_point(lambda: make_payouts(now=IN_NOVEMBER)) > 5
    assert [(one.number[5:], one.gross_minor) for one in Payout.objects.all()] == [("-000001", 10_050)]


def test_a_payout_approved_confirmed_and_paid_by_many_at_once_leaves_once(settings: Any) -> None:
    settings.PAYOUT_SECOND_APPROVER_ABOVE = {}
    sell("ticket:1", 10_000, at=OCTOBER)
    collect_takings()
    make_payouts(now=IN_NOVEMBER)
    admins = [make_admin() for _ in range(6)]
    for act in (approve_payout, confirm_payout):
        seen = Payout.objects.get()
        outcomes = at_once(
            6, lambda number, act=act, seen=seen: act(payout=Payout.objects.get(pk=seen.pk), admin=admins[number])
        )
        assert sum(isinstance(one, Payout) for one in outcomes) == 1
    payout = Payout.objects.get()
    assert payout.approved_by_id != payout.second_by_id
    outcomes = at_once(
        6,
        lambda number: mark_payout_paid(
            payout=Payout.objects.get(), admin=admins[number], method="bank_transfer", reference=f"VIR-{number}"
        ),
    )
    assert all(isinstance(one, Payout | Conflict) for one in outcomes)
    assert sum(isinstance(one, Payout) for one in outcomes) == 1
    check_commissions(events_organisation())
