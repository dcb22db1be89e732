"""Commissions and payouts on the pages of the back office and of the portal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from billing.models import Payout
from billing.services.commissions import collect_takings
from billing.services.payouts import approve_payout, make_payouts, mark_payout_paid
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditLog
from tests.support.factories import make_admin, make_user
from tests.support.pdf import NEEDS_PDF, page_texts
from tests.support.portal import member_of, on_platform
from tests.takings import events_organisation, give_back, sell

pytestmark = pytest.mark.django_db
HOME = "/backoffice/commissions/"
OCTOBER, IN_NOVEMBER = datetime(2026, 10, 10, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def payout() -> Payout:
    """October: 100 000 sold, 30 000 given back; and a sale since."""
    sell("ticket:1", 100_000, at=OCTOBER)
    give_back("refund:1", 30_000, of="ticket:1", at=OCTOBER)
    collect_takings()
    make_payouts(now=IN_NOVEMBER)
    sell("ticket:2", 20_000)
    collect_takings()
    return Payout.objects.get()


@pytest.fixture
def person() -> User:
    return make_admin()


@pytest.fixture
def admin(person: User) -> Client:
    return on_platform(person)


def text_of(answer: Any) -> str:
    assert answer.status_code in (200, 422), answer.status_code
    return answer.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


def test_balances_say_what_is_owed_and_what_is_on_no_statement(payout: Payout, admin: Client) -> None:
    page = text_of(admin.get(HOME))
    assert "87 300 FCFA" in page  # 67 900 of October, 19 400 since
    assert "19 400 FCFA" in page
    assert payout.organisation.name in page
    sales = text_of(admin.get(f"{HOME}{payout.organisation_id}/"))
    assert "TICKET:2" in sales
    assert payout.number in sales


def test_the_pages_cost_the_same_however_much_was_sold(
    payout: Payout, admin: Client, django_assert_max_num_queries: Any
) -> None:
    def queries(path: str) -> int:
        with django_assert_max_num_queries(40) as asked:
            assert admin.get(path).status_code == 200
        return len(asked)

    paths = (HOME, f"{HOME}{payout.organisation_id}/", f"{HOME}payouts/", f"{HOME}payouts/{payout.pk}/")
    few = [queries(path) for path in paths]
    for number in range(20):
        sell(f"more:{number}", 1_000, name="events-b" if number % 2 else "store-a", at=OCTOBER)
        sell(f"more-of-a:{number}", 1_000)
    collect_takings()
    make_payouts(now=IN_NOVEMBER)
    assert [queries(path) for path in paths] == few


def test_a_statement_is_approved_and_paid_on_its_page(payout: Payout, admin: Client) -> None:
    path = f"{HOME}payouts/{payout.pk}/"
    assert payout.number in text_of(admin.get(f"{HOME}payouts/"))
    assert admin.post(path, {"decision": "approve"}).status_code == 302
    missing = admin.post(path, {"decision": "paid", "payout_method": "mtn_momo", "reference": ""})
    assert missing.status_code == 422
    assert 'value="mtn_momo" selected' in missing.content.decode()
    assert admin.post(path, {"decision": "paid", "payout_method": "mtn_momo", "reference": "MM-7"}).status_code == 302
    payout.refresh_from_db()
    assert (payout.status, payout.method, payout.reference) == ("paid", "mtn_momo", "MM-7")
    actions = AuditLog.objects.filter(resource_type="billing.payout", resource_id=str(payout.pk))
    assert set(actions.values_list("action", flat=True)) == {"payout.made", "payout.approved", "payout.paid"}


def test_whoever_approved_a_large_one_cannot_agree_to_it(
    payout: Payout, person: User, admin: Client, settings: Any
) -> None:
    settings.PAYOUT_SECOND_APPROVER_ABOVE = {}
    path = f"{HOME}payouts/{payout.pk}/"
    admin.post(path, {"decision": "approve"})
    assert 'value="confirm"' not in text_of(admin.get(path))
    admin.post(path, {"decision": "confirm"})
    payout.refresh_from_db()
    assert (payout.status, payout.approved_by) == ("awaiting_second", person)
    other = on_platform(make_admin())
    assert 'value="confirm"' in text_of(other.get(path))
    other.post(path, {"decision": "confirm"})
    payout.refresh_from_db()
    assert payout.status == "approved"


@pytest.mark.parametrize("data", [{}, {"decision": "?"}, {"decision": "paid"}, {"decision": "confirm"}, {"decision": "paid", "payout_method": "x", "reference": "y" * 500}])  # fmt: skip
def test_what_makes_no_sense_changes_nothing(payout: Payout, admin: Client, data: dict[str, str]) -> None:
    assert admin.post(f"{HOME}payouts/{payout.pk}/", data).status_code in (302, 422)
    payout.refresh_from_db()
    assert payout.status == "draft"


@pytest.mark.parametrize("query", ["?page=-1", "?show=x", "?month=2026-13", "?month=" + "9" * 400])
def test_odd_addresses_are_answered(payout: Payout, admin: Client, query: str) -> None:
    for path in ("", "payouts/", "export/"):
        assert admin.get(f"{HOME}{path}{query}").status_code == 200


def test_sales_are_downloaded_by_month_and_that_is_noted(payout: Payout, admin: Client) -> None:
    answer = admin.get(f"{HOME}export/", {"month": "2026-10"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    amounts = [[line.split(";")[column] for column in (6, 8, 10)] for line in lines[1:]]
    number = f'"{payout.number}"'
    assert amounts == [['"-30000"', '"-900"', number], ['"100000"', '"3000"', number]]
    assert AuditLog.objects.get(action="commission.exported").after == {"month": "2026-10"}


def test_the_organisation_sees_its_statements_and_nobody_elses(payout: Payout) -> None:
    organisation = payout.organisation
    path = f"/organisations/{organisation.pk}/payouts/"
    page = text_of(on_platform(member_of(organisation, "billing")).get(path))
    assert payout.number in page
    assert "67 900 FCFA" in page
    assert "19 400 FCFA" in page
    other = events_organisation("events-b")
    assert payout.number not in text_of(on_platform(other.owner).get(f"/organisations/{other.pk}/payouts/"))
    assert on_platform(other.owner).get(path).status_code == 404
    assert on_platform(member_of(organisation, "member")).get(path).status_code in (403, 404)


def test_a_product_that_takes_no_money_has_no_tab_of_payouts() -> None:
    for name, shown in (("esxi-a", False), ("events-a", True)):
        organisation = events_organisation(name)
        page = text_of(on_platform(organisation.owner).get(f"/organisations/{organisation.pk}/billing/"))
        assert (f"/organisations/{organisation.pk}/payouts/" in page) is shown


@NEEDS_PDF
def test_the_statement_is_a_file_for_payers_and_admins(payout: Payout, admin: Client) -> None:
    organisation, path = payout.organisation, f"/payouts/{payout.pk}/"
    answer = on_platform(member_of(organisation, "billing")).get(path)
    text = page_texts(answer.content)[0].replace("\u202f", " ").replace("\u00a0", " ")
    assert payout.number in text
    assert "67 900 FCFA" in text
    assert "octobre 2026" in text
    approved = approve_payout(payout=payout, admin=make_admin())
    mark_payout_paid(payout=approved, admin=make_admin(), method="bank_transfer", reference="VIR-9")
    assert "VIR-9" in page_texts(admin.get(path).content)[0]
    for stranger in (make_user(), member_of(organisation, "member"), events_organisation("events-b").owner):
        assert on_platform(stranger).get(path).status_code == 404


@NEEDS_PDF
def test_a_statement_below_nothing_says_that_it_is_carried_over() -> None:
    sell("ticket:1", 100_000, at=OCTOBER, held_by="tenant")
    collect_takings()
    make_payouts(now=IN_NOVEMBER)
    payout = Payout.objects.get()
    answer = on_platform(make_admin()).get(f"/payouts/{payout.pk}/")
    text = page_texts(answer.content)[0].replace("\u202f", " ").replace("\u00a0", " ")
    assert "−3 000 FCFA" in text
    assert "moins trois mille" in text
