"""From a tenant's taking to the platform's commission: once, exact, and taken back with refunds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import ledger
from billing.commissions import commission_on, reversal
from billing.models import Commission, LedgerEntry
from billing.money import Money
from billing.services import commissions
from billing.services.commissions import collect_from, collect_takings
from billing.services.ledger import balance
from billing.services.life import advance_subscriptions
from shared_apps.core.errors import Conflict
from shared_apps.organisations.models import Organisation
from tenant_apps.payments.models import CommissionEvent
from tenant_apps.payments.services import record_taking
from tests.books import check_books
from tests.support.subscriptions import ended, ready_subscription
from tests.support.tenants import give_plan, ready_tenant
from tests.takings import check_commissions, events_organisation, give_back, sell

pytestmark = pytest.mark.django_db


def owed_to(organisation: Organisation, currency: str = "XAF") -> int:
    return -balance(ledger.tenant_payable(organisation.pk), currency).minor


def test_a_taking_becomes_a_commission_and_is_owed_to_the_tenant() -> None:
    organisation = events_organisation()
    sell("ticket:1", 10_050)
    assert collect_takings() == 1
    found = Commission.objects.get()
    assert (found.organisation_id, found.kind, found.rate_bp) == (organisation.pk, "collected", 300)
    assert (found.gross_minor, found.commission_minor, found.reference) == (10_050, 302, "TICKET:1")  # 301.5, half up
    assert owed_to(organisation) == 10_050 - 302
    assert balance(ledger.COMMISSION, "XAF").minor == -302
    assert balance(ledger.psp("mtn_momo"), "XAF").minor == 10_050
    check_commissions(organisation)
    check_books()


def test_money_on_the_tenants_own_account_leaves_only_the_commission_to_settle() -> None:
    organisation = events_organisation()
    sell("ticket:1", 10_000, held_by="tenant")
    collect_from(organisation)
    assert owed_to(organisation) == -300
    assert not LedgerEntry.objects.filter(account="psp:mtn_momo").exists()
    give_back("refund:1", 10_000, of="ticket:1")
    collect_from(organisation)
    assert owed_to(organisation) == 0
    check_commissions(organisation)


def test_collecting_again_changes_nothing() -> None:
    organisation = events_organisation()
    sell("ticket:1", 10_000)
    assert collect_from(organisation) == (1, 0)
    assert collect_from(organisation) == (0, 0)
    with tenant_context(ready_tenant("events-a")):
        CommissionEvent.objects.update(collected_at=None)  # a workspace restored from yesterday
    assert collect_from(events_organisation()) == (0, 0)
    assert Commission.objects.count() == 1


def test_what_is_told_twice_counts_once() -> None:
    sell("ticket:1", 10_000)
    sell("ticket:1", 10_000)
    with pytest.raises(ValueError, match="ticket:1"):
        sell("ticket:1", 9_999)
    give_back("refund:1", 4_000, of="ticket:1")
    give_back("refund:1", 4_000, of="ticket:1")
    assert collect_takings() == 2
    assert Commission.objects.get(kind="collected").refunded_minor == 4_000


def test_a_taking_goes_with_the_transaction_of_its_payment() -> None:
    with tenant_context(ready_tenant("events-a")):
        with transaction.atomic():
            record_taking(source="ticket:1", gross=Money(1_000, "XAF"), method="cash", held_by="tenant")
            transaction.set_rollback(True)
        assert not CommissionEvent.objects.exists()


def test_no_more_goes_back_than_was_taken() -> None:
    sell("ticket:1", 1_000)
    give_back("refund:1", 600, of="ticket:1")
    with pytest.raises(Conflict) as refused:
        give_back("refund:2", 401, of="ticket:1")
    assert refused.value.code == "over_refund"
    give_back("refund:3", 400, of="ticket:1")
    assert collect_takings() == 3


def test_the_rate_is_that_of_the_plan_at_the_time_of_the_taking() -> None:
    sell("ticket:1", 10_000)
    give_plan(ready_tenant("events-a"), "gold")
    sell("ticket:2", 10_000)
    give_back("refund:1", 10_000, of="ticket:1")
    collect_takings()
    rows = Commission.objects.order_by("pk").values_list("kind", "rate_bp", "commission_minor")
    assert list(rows) == [("collected", 300, 300), ("collected", 150, 150), ("refunded", 300, 300)]


def test_a_plan_without_commission_takes_none() -> None:
    sell("sale:1", 10_000, name="store-a")
    assert collect_takings() == 1
    assert Commission.objects.get().commission_minor == 0
    assert owed_to(events_organisation("store-a")) == 10_000


def test_a_read_only_workspace_is_collected_from() -> None:
    sell("ticket:1", 10_000)
    ended("events-a", days=30)
    advance_subscriptions()
    assert events_organisation().status == "suspended"
    assert collect_takings() == 1
    with tenant_context(ready_tenant("events-a")):
        assert CommissionEvent.objects.get().collected_at


def test_what_cannot_be_booked_keeps_nothing_else_back_and_no_workspace_is_deleted_with_it() -> None:
    organisation = events_organisation()
    sell("ticket:1", 10_000)
    with tenant_context(ready_tenant("events-a")):
        CommissionEvent.objects.update(currency="ZZZ")
    sell("ticket:2", 10_000)
    assert collect_from(events_organisation()) == (1, 1)
    subscription = ended("events-a", days=200, status="cancelled", cancelled_at="2026-01-01T00:00Z",
                         delete_after="2026-02-01T00:00Z")  # fmt: skip
    assert advance_subscriptions() == 0
    with tenant_context(ready_tenant("events-a")):
        CommissionEvent.objects.filter(currency="ZZZ").update(currency="XAF")
    events_organisation()
    assert advance_subscriptions() == 1
    subscription.refresh_from_db()
    assert (subscription.status, Commission.objects.count()) == ("deleted", 2)
    assert owed_to(organisation) == 2 * 9_700


def test_one_workspace_that_fails_stops_no_other(monkeypatch: Any) -> None:
    sell("ticket:1", 1_000)
    sell("ticket:1", 1_000, name="events-b")
    broken, collect = events_organisation("events-a").pk, commissions.collect_from

    def failing(organisation: Organisation) -> Any:
        if organisation.pk == broken:
            raise RuntimeError("schema is away")
        return collect(organisation)

    monkeypatch.setattr(commissions, "collect_from", failing)
    assert collect_takings() == 1


def test_a_product_that_takes_no_money_is_left_alone(django_assert_num_queries: Any) -> None:
    esxi = events_organisation("esxi-a")
    with django_assert_num_queries(0):
        assert collect_from(esxi) == (0, 0)
    assert ready_subscription("esxi-a").organisation == esxi


AMOUNTS = st.integers(1, 10**10)
RATES = st.integers(0, 10_000)


@given(gross=AMOUNTS, rate=RATES, cuts=st.lists(AMOUNTS, max_size=8), all_of_it=st.booleans())
def test_what_is_earned_is_the_rate_on_what_was_kept_and_never_below_nothing(
    gross: int, rate: int, cuts: list[int], all_of_it: bool
) -> None:
    commission = commission_on(Money(gross, "XAF"), rate)
    refunded, given_back = 0, 0
    for cut in [*cuts, *([gross] if all_of_it else [])]:
        part = min(cut, gross - refunded)
        if not part:
            continue
        refunded += part
        back = reversal(
            commission,
            gross=Money(gross, "XAF"),
            refunded=Money(refunded, "XAF"),
            reversed_before=Money(given_back, "XAF"),
        )
        assert back.minor >= 0
        given_back += back.minor
        exact = Decimal(rate) * (gross - refunded) / 10_000
        assert abs(commission.minor - given_back - exact) <= 1
    if refunded == gross:
        assert given_back == commission.minor


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_sold_and_given_back_the_books_agree(data: st.DataObject) -> None:
    with transaction.atomic():
        organisation = events_organisation()
        for number in range(data.draw(st.integers(1, 3))):
            gross, currency = data.draw(st.integers(1, 99_999)), data.draw(st.sampled_from(["XAF", "EUR"]))
            sell(f"t:{number}", gross, currency=currency, held_by=data.draw(st.sampled_from(["platform", "tenant"])))
            left = gross
            for part in range(data.draw(st.integers(0, 3))):
                if left and (cut := data.draw(st.integers(1, left))):
                    give_back(f"r:{number}:{part}", cut, of=f"t:{number}", currency=currency)
                    left -= cut
            if data.draw(st.booleans()):
                collect_from(events_organisation())
        collect_from(events_organisation())
        check_commissions(organisation)
        transaction.set_rollback(True)
