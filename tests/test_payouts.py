"""Monthly statements of a tenant's takings: what is on them, who agrees, and what is carried over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from billing import ledger
from billing.models import Commission, LedgerEntry, Payout
from billing.services.commissions import collect_takings
from billing.services.ledger import balance
from billing.services.payouts import (
    approve_payout,
    confirm_payout,
    make_payout,
    make_payouts,
    mark_payout_paid,
    send_back_payout,
)
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.notifications.services import send_due_emails
from shared_apps.organisations.models import Membership
from tests.books import check_books
from tests.support.factories import make_admin, make_user
from tests.takings import check_commissions, events_organisation, give_back, sell

pytestmark = pytest.mark.django_db

OCTOBER, NOVEMBER = datetime(2026, 10, 10, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC)
IN_NOVEMBER, IN_DECEMBER, IN_JANUARY = (
    datetime(*day, 12, tzinfo=UTC) for day in ((2026, 11, 1), (2026, 12, 1), (2027, 1, 1))
)


def statement(minor: int = 100_000, **options: Any) -> Payout:
    """October's statement of one sale."""
    sell("ticket:1", minor, at=OCTOBER, **options)
    collect_takings()
    assert make_payouts(now=IN_NOVEMBER) == 1
    return Payout.objects.get()


def paid(payout: Payout) -> Payout:
    approved = approve_payout(payout=payout, admin=make_admin())
    return mark_payout_paid(payout=approved, admin=make_admin(), method="bank_transfer", reference="VIR-1")


def test_a_statement_a_month_and_currency_adds_up() -> None:
    sell("ticket:1", 100_000, at=OCTOBER)
    sell("ticket:2", 50_000, at=OCTOBER, held_by="tenant")
    sell("ticket:3", 2_000, at=OCTOBER, currency="EUR")
    give_back("refund:1", 30_000, of="ticket:1", at=OCTOBER)
    sell("ticket:4", 100_000, at=NOVEMBER)
    collect_takings()
    assert make_payouts(now=IN_NOVEMBER) == 2
    francs = Payout.objects.get(currency="XAF")
    assert (francs.month, francs.status) == (date(2026, 10, 1), "draft")
    assert {one.number[5:] for one in Payout.objects.all()} == {"-000001", "-000002"}
    assert (francs.gross_minor, francs.refunds_minor) == (100_000, 30_000)
    assert francs.commission_minor == 3_000 + 1_500 - 900
    assert francs.net_minor == 100_000 - 30_000 - 3_600
    assert Payout.objects.get(currency="EUR").net_minor == 1_940
    assert Commission.objects.filter(payout=None).count() == 1
    assert make_payouts(now=IN_NOVEMBER) == 0
    check_commissions(events_organisation())


def test_paying_it_out_settles_what_we_owe() -> None:
    payout = paid(statement())
    assert (payout.status, payout.reference) == ("paid", "VIR-1")
    assert balance(ledger.tenant_payable(payout.organisation_id), "XAF").minor == 0
    sent = LedgerEntry.objects.get(journal__document=payout.number, account=ledger.psp("bank_transfer"))
    assert sent.amount_minor == -97_000
    check_commissions(payout.organisation)
    check_books()


def test_the_owner_hears_of_the_payout_once() -> None:
    payout = paid(statement())
    send_due_emails()
    mails = [one for one in mail.outbox if payout.number in str(one.body)]
    assert [one.to for one in mails] == [[payout.organisation.owner.email]]
    assert "VIR-1" in str(mails[0].body)
    assert f"/organisations/{payout.organisation_id}/payouts/" in str(mails[0].body)


def test_a_refund_after_the_payout_is_carried_until_sales_make_up_for_it() -> None:
    organisation = paid(statement()).organisation
    give_back("refund:1", 100_000, of="ticket:1", at=NOVEMBER)
    collect_takings()
    make_payouts(now=IN_DECEMBER)
    carried = Payout.objects.get(month=date(2026, 11, 1))
    assert (carried.status, carried.net_minor, carried.commission_minor) == ("carried", -97_000, -3_000)
    check_commissions(organisation)
    sell("ticket:2", 200_000, at=NOVEMBER + timedelta(days=30))
    collect_takings()
    make_payouts(now=IN_JANUARY)
    last = Payout.objects.get(month=date(2026, 12, 1))
    assert (last.status, last.opening_minor, last.net_minor) == ("draft", -97_000, 200_000 - 6_000 - 97_000)
    check_commissions(organisation)
    paid(last)
    assert balance(ledger.tenant_payable(organisation.pk), "XAF").minor == 0


def test_a_commission_owed_to_us_is_carried_and_not_paid() -> None:
    payout = statement(held_by="tenant")
    assert (payout.status, payout.net_minor) == ("carried", -3_000)
    with pytest.raises(Conflict):
        approve_payout(payout=payout, admin=make_admin())


def test_what_was_collected_late_is_on_the_next_statement() -> None:
    statement()
    sell("ticket:2", 10_000, at=OCTOBER)
    collect_takings()
    assert make_payouts(now=IN_NOVEMBER) == 0
    assert make_payouts(now=IN_DECEMBER) == 1
    assert Payout.objects.get(month=date(2026, 11, 1)).gross_minor == 10_000


def test_a_months_end_is_that_of_the_platforms_time_zone() -> None:
    sell("ticket:1", 1_000, at=datetime(2026, 10, 31, 22, 59, tzinfo=UTC))
    sell("ticket:2", 5_000, at=datetime(2026, 10, 31, 23, 0, tzinfo=UTC))  # November in Douala
    collect_takings()
    make_payouts(now=datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    assert Payout.objects.get().gross_minor == 1_000


def test_no_statement_of_a_month_before_the_last_one() -> None:
    payout = statement()
    sell("ticket:2", 10_000, at=OCTOBER)
    collect_takings()
    assert make_payout(organisation_id=payout.organisation_id, currency="XAF", month=date(2026, 9, 1)) is None


def test_above_the_limit_two_people_agree_and_never_the_same(settings: Any) -> None:
    settings.PAYOUT_SECOND_APPROVER_ABOVE = {"XAF": 96_999}
    first, second = make_admin(), make_admin()
    payout = approve_payout(payout=statement(), admin=first)
    assert (payout.status, payout.approved_by) == ("awaiting_second", first)
    with pytest.raises(NotAllowed) as refused:
        confirm_payout(payout=payout, admin=first)
    assert refused.value.code == "same_person"
    with pytest.raises(Conflict):
        mark_payout_paid(payout=payout, admin=second, method="bank_transfer", reference="VIR-1")
    payout = confirm_payout(payout=payout, admin=second)
    assert (payout.status, payout.second_by) == ("approved", second)


def test_up_to_the_limit_one_is_enough(settings: Any) -> None:
    settings.PAYOUT_SECOND_APPROVER_ABOVE = {"XAF": 97_000}
    assert approve_payout(payout=statement(), admin=make_admin()).status == "approved"


def test_a_currency_without_a_limit_always_takes_two(settings: Any) -> None:
    settings.PAYOUT_SECOND_APPROVER_ABOVE = {}
    assert approve_payout(payout=statement(), admin=make_admin()).status == "awaiting_second"


def test_whoever_confirms_what_somebody_approved_anew_meanwhile_is_told(settings: Any) -> None:
    settings.PAYOUT_SECOND_APPROVER_ABOVE = {}
    first, second = make_admin(), make_admin()
    seen = approve_payout(payout=statement(), admin=first)
    back = send_back_payout(payout=Payout.objects.get(), admin=first)
    assert (back.status, back.approved_by) == ("draft", None)
    approve_payout(payout=back, admin=second)
    with pytest.raises(Conflict):
        confirm_payout(payout=seen, admin=second)


def test_only_admins_decide_and_not_about_their_own_organisation() -> None:
    payout, mine = statement(), make_admin()
    Membership.objects.create(organisation_id=payout.organisation_id, user=mine, role="member")
    for who, code in ((make_user(), "admins_only"), (mine, "own_payout")):
        with pytest.raises(NotAllowed) as refused:
            approve_payout(payout=payout, admin=who)
        assert refused.value.code == code


def test_it_is_paid_once_and_with_a_reference() -> None:
    admin = make_admin()
    payout = approve_payout(payout=statement(), admin=admin)
    with pytest.raises(DomainError) as refused:
        mark_payout_paid(payout=payout, admin=admin, method="bank_transfer", reference="  ")
    assert refused.value.field == "reference"
    mark_payout_paid(payout=Payout.objects.get(), admin=admin, method="bank_transfer", reference="VIR-1")
    for act in (approve_payout, send_back_payout):
        with pytest.raises(Conflict):
            act(payout=Payout.objects.get(), admin=admin)
    with pytest.raises(Conflict):
        mark_payout_paid(payout=payout, admin=admin, method="bank_transfer", reference="VIR-2")
    assert balance(ledger.tenant_payable(payout.organisation_id), "XAF").minor == 0


def test_a_statement_keeps_the_name_of_its_day() -> None:
    payout = statement()
    organisation = payout.organisation
    organisation.name = organisation.billing_name = "Autre nom"
    organisation.save()
    payout.refresh_from_db()
    assert payout.customer["organisation"] != "Autre nom"
