"""Pages of promotions, segments and partners, and who may change them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditLog
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import (
    Category,
    Customer,
    DeliveryZone,
    Partner,
    PartnerMember,
    Product,
    Promotion,
    Segment,
    Shop,
)
from tenant_apps.store.tests.support import make_product
from tenant_apps.team.tests.support import client_for, make_member
from tests.support.queries import queries_of
from tests.support.tenants import Browser, move_to

PROMOTIONS = "/staff/prices/promotions/"


def promotion_data(**changes: Any) -> dict[str, Any]:
    day = timezone.localtime()
    return {
        "name": "Rentrée", "kind": "percent", "percent": "12,5", "amount": "", "action": "save",
        "starts_at": (day - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (day + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"), **changes,
    }  # fmt: skip


def kept(slug: str) -> int:
    return Product.objects.get(slug=slug).price_from_minor


# Promotions


def test_a_promotion_lowers_the_price_everywhere_and_lists_keep_it(
    owner: Browser, visitor: Client, tenant: Tenant
) -> None:
    robe = make_product("Robe", price_minor=10_000)
    make_product("Riz", price_minor=900)
    answer = owner.post(f"{PROMOTIONS}new/", promotion_data(products=[str(robe.public_id)]))
    assert (answer.status_code, answer["Location"]) == (302, PROMOTIONS)
    promotion = Promotion.objects.get()
    assert (promotion.percent_bp, promotion.amount_minor) == (1_250, None)
    assert (kept("robe"), kept("riz")) == (8_750, 900)
    assert Shop.objects.get().prices_valid_until == promotion.ends_at
    entry = AuditLog.objects.get(action="store.promotion.created")
    assert (entry.after["percent_bp"], entry.after["products"]) == (1_250, ["robe"])

    for path in ("/", "/products/robe/"):
        html = visitor.get(path).content.decode()
        assert "8\u202f750\u00a0FCFA" in html
        assert re.search(r'<s class="offer-list">.*10\u202f000\u00a0FCFA', html)
        assert "Rentrée" in html
    connection.set_tenant(tenant)

    owner.post(f"{PROMOTIONS}{promotion.pk}/pause/", {"action": "pause"})
    assert kept("robe") == 10_000
    owner.post(f"{PROMOTIONS}{promotion.pk}/pause/", {"action": "resume"})
    assert kept("robe") == 8_750
    change = promotion_data(kind="fixed", amount="1 500", percent="", products=[str(robe.public_id)])
    assert owner.post(f"{PROMOTIONS}{promotion.pk}/", change).status_code == 302
    assert kept("robe") == 8_500
    assert "Rentrée" in owner.get(f"{PROMOTIONS}{promotion.pk}/delete/").content.decode()
    assert Promotion.objects.exists()
    owner.post(f"{PROMOTIONS}{promotion.pk}/delete/")
    assert (kept("robe"), Promotion.objects.exists(), Shop.objects.get().prices_valid_until) == (10_000, False, None)


def test_products_are_found_and_ticked_without_script_and_nothing_typed_is_lost(owner: Browser, tenant: Tenant) -> None:
    robe, riz = make_product("Robe longue", sku="RB-1"), make_product("Riz")
    data = promotion_data(action="search", product_query="robe", products=[str(riz.public_id)], percent="x")
    page = owner.post(f"{PROMOTIONS}new/", data).content.decode()
    assert not Promotion.objects.exists()
    boxes = dict(re.findall(r'name="products" value="([^"]+)" id="(?:chosen|found)-\d+"( checked)?', page))
    assert boxes == {str(riz.public_id): " checked", str(robe.public_id): ""}
    assert "RB-1" in page
    assert 'value="Rentrée"' in page
    assert 'value="x"' in page
    assert "error-summary" not in page
    wrong = owner.post(f"{PROMOTIONS}new/", promotion_data(percent="x", products=[str(riz.public_id), "no-id"]))
    assert wrong.status_code == 422
    assert f'value="{riz.public_id}"' in wrong.content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"percent": ""}, "percent"),
        ({"percent": "101"}, "percent"),
        ({"percent": "0"}, "percent"),
        ({"percent": "1,234"}, "percent"),
        ({"kind": "fixed", "amount": ""}, "amount"),
        ({"kind": "fixed", "amount": "12,5"}, "amount"),
        ({"kind": "fixed", "amount": "-5"}, "amount"),
        ({"kind": "nonsense"}, "kind"),
        ({"ends_at": "2020-01-01T00:00"}, "ends_at"),
        ({"ends_at": "0026-01-01T00:00"}, "ends_at"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"name": " "}, "name"),
        ({"categories": ["999999"]}, "categories"),
        ({"segments": ["x"]}, "segments"),
    ],
)
def test_what_is_wrong_with_a_promotion_is_said_beside_its_field(
    owner: Browser, changes: dict[str, Any], field: str
) -> None:
    answer = owner.post(f"{PROMOTIONS}new/", promotion_data(**changes))
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Promotion.objects.exists()


def test_times_of_promotions_are_the_shops(tenant: Tenant, owner: Browser) -> None:
    move_to("SN", tenant)
    owner.post(f"{PROMOTIONS}new/", promotion_data(starts_at="2026-12-01T08:00", ends_at="2026-12-02T08:00"))
    assert Promotion.objects.get().starts_at == datetime(2026, 12, 1, 8, tzinfo=UTC)
    move_to("CM", tenant)
    html = owner.get(f"{PROMOTIONS}{Promotion.objects.get().pk}/").content.decode()
    assert 'value="2026-12-01T09:00"' in html


def test_the_list_says_how_each_promotion_stands_and_costs_the_same_for_many(owner: Browser) -> None:
    def add(number: int, **values: Any) -> None:
        now = timezone.now()
        window = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1), **values}
        promotion = Promotion.objects.create(name=f"P{number}", kind="percent", percent_bp=number, **window)
        promotion.segments.set(Segment.objects.all())
        promotion.categories.add(Category.objects.create(name=f"C{number}", slug=f"c{number}"))

    now = timezone.now()
    add(1)
    owner.get(PROMOTIONS)
    few = queries_of(owner, PROMOTIONS)
    add(2, starts_at=now + timedelta(hours=1))
    add(3, ends_at=now - timedelta(hours=1))
    add(4, is_active=False)
    assert queries_of(owner, PROMOTIONS) == few
    html = owner.get(PROMOTIONS + "?page=junk").content.decode()
    for icon_of in ("badge-success", "badge-info", "badge-neutral", "badge-warning"):
        assert icon_of in html


# Who may


STAFF_PAGES = (
    PROMOTIONS, f"{PROMOTIONS}new/", "/staff/prices/segments/", "/staff/prices/segments/new/", "/staff/prices/partners/",
    "/staff/prices/partners/new/", "/staff/delivery/", "/staff/delivery/new/", "/staff/settings/",
)  # fmt: skip


def test_a_seller_sees_customers_and_changes_nothing(tenant: Tenant, awa: User) -> None:
    seller = client_for(make_member("seller").user, tenant)
    promotion = Promotion.objects.create(
        name="P", kind="percent", percent_bp=1, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(days=1)
    )
    partner = Partner.objects.create(name="UCAD", kind="university")
    for path in STAFF_PAGES:
        assert seller.get(path).status_code == 403
        connection.set_tenant(tenant)
    for path, data in (
        (f"{PROMOTIONS}new/", promotion_data()),
        (f"{PROMOTIONS}{promotion.pk}/pause/", {"action": "pause"}),
        (f"{PROMOTIONS}{promotion.pk}/delete/", {}),
        (f"/staff/prices/partners/{partner.pk}/", {"emails": "a@example.org"}),
        (f"/staff/prices/partners/{partner.pk}/delete/", {}),
        ("/staff/prices/segments/new/", {"name": "VIP", "discount": "50"}),
        ("/staff/delivery/new/", {"name": "Dakar"}),
        ("/staff/settings/", {"name": "Autre"}),
        (f"/staff/customers/{awa.pk}/", {"note": "x"}),
    ):
        assert seller.post(path, data).status_code == 403
        connection.set_tenant(tenant)
    promotion.refresh_from_db()
    assert promotion.is_active
    assert (Promotion.objects.count(), Partner.objects.count(), Segment.objects.count()) == (1, 1, 1)
    assert not PartnerMember.objects.exists()
    assert not Customer.objects.exists()
    assert Shop.objects.get().name != "Autre"
    assert DeliveryZone.objects.count() == 1
    page = seller.get(f"/staff/customers/{awa.pk}/").content.decode()
    assert "awa@example.org" in page
    assert 'name="note"' not in page


def test_customers_and_visitors_do_not_come_in(her: Browser, visitor: Client) -> None:
    for path in (*STAFF_PAGES, "/staff/customers/"):
        assert her.get(path).status_code == 403
        assert visitor.get(path).status_code == 302


# Segments and partners


def test_segments_are_added_changed_and_deleted_and_students_stay(owner: Browser, awa: User) -> None:
    owner.post("/staff/prices/segments/new/", {"name": "Professeurs", "discount": "7,5"})
    segment = Segment.objects.get(name="Professeurs")
    assert (segment.key, segment.discount_bp) == ("professeurs", 750)
    assert owner.post("/staff/prices/segments/new/", {"name": "professeurs", "discount": "1"}).status_code == 422
    owner.post(f"/staff/prices/segments/{segment.pk}/", {"name": "Enseignants", "discount": "8"})
    segment.refresh_from_db()
    assert (segment.name, segment.key, segment.discount_bp) == ("Enseignants", "professeurs", 800)
    assert owner.post(f"/staff/prices/segments/{segment.pk}/", {"name": "", "discount": "8"}).status_code == 422

    owner.post(f"/staff/customers/{awa.pk}/", {"segment": str(segment.pk), "phone": "", "note": ""})
    promotion = Promotion.objects.create(
        name="P", kind="percent", percent_bp=1, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(days=1)
    )
    promotion.segments.add(segment)
    held = owner.post(f"/staff/prices/segments/{segment.pk}/delete/")
    assert held.status_code == 422
    assert Segment.objects.filter(pk=segment.pk).exists()
    promotion.delete()
    owner.post(f"/staff/prices/segments/{segment.pk}/delete/")
    assert Customer.objects.get(user=awa).segment is None

    student = Segment.objects.get(key="student")
    owner.post(f"/staff/prices/segments/{student.pk}/", {"name": "", "discount": "0"})
    student.refresh_from_db()
    assert (student.name, student.discount_bp) == ("", 0)
    assert owner.post(f"/staff/prices/segments/{student.pk}/delete/").status_code == 422
    assert Segment.objects.filter(key="student").exists()


def test_a_partners_people_pay_less_once_their_address_is_proved(
    owner: Browser, her: Browser, visitor: Client, tenant: Tenant
) -> None:
    make_product("Robe", price_minor=10_000)
    answer = owner.post(
        "/staff/prices/partners/new/", {"name": "UCAD", "kind": "university", "discount": "15", "is_active": "on"}
    )
    partner = Partner.objects.get()
    assert answer["Location"] == f"/staff/prices/partners/{partner.pk}/"
    pasted = "AWA@example.org, binta@example.org;\nawa@example.org\n\n"
    owner.post(f"/staff/prices/partners/{partner.pk}/", {"emails": pasted})
    assert sorted(partner.members.values_list("email", flat=True)) == ["awa@example.org", "binta@example.org"]
    assert "8\u202f500\u00a0FCFA" in her.get("/products/robe/").content.decode()
    assert "8\u202f500" not in visitor.get("/products/robe/").content.decode()
    connection.set_tenant(tenant)

    member = partner.members.get(email="awa@example.org")
    owner.post(f"/staff/prices/partners/{partner.pk}/members/{member.pk}/remove/")
    assert partner.members.count() == 1
    assert "8\u202f500" not in her.get("/products/robe/").content.decode()
    owner.post(f"/staff/prices/partners/{partner.pk}/delete/")
    assert not PartnerMember.objects.exists()


def test_lines_that_are_no_addresses_are_named_and_nobody_is_added(owner: Browser) -> None:
    partner = Partner.objects.create(name="UCAD", kind="university")
    path = f"/staff/prices/partners/{partner.pk}/"
    answer = owner.post(path, {"emails": "a@example.org\nnobody\nb@example.org <x>"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "nobody" in html
    assert "2" in html
    assert "a@example.org\nnobody" in html.replace("\r\n", "\n")
    assert not partner.members.exists()
    other = Partner.objects.create(name="École", kind="school")
    PartnerMember.objects.create(partner=other, email="a@example.org")
    owner.post(path, {"emails": "a@example.org"})
    assert PartnerMember.objects.get().partner == other


def test_the_lists_of_partners_people_and_customers_cost_the_same_for_many(owner: Browser) -> None:
    def add(number: int) -> Partner:
        partner = Partner.objects.create(name=f"P{number}", kind="school")
        PartnerMember.objects.create(partner=partner, email=f"m{number}@example.org")
        user = User.objects.create_user(f"c{number}@example.org", None, first_name=f"C{number}")
        Customer.objects.create(user=user, segment=Segment.objects.get(key="student"), phone="+237670123456")
        return partner

    first = add(0)
    paths = (
        "/staff/prices/partners/",
        f"/staff/prices/partners/{first.pk}/",
        "/staff/customers/",
        "/staff/prices/segments/",
    )
    owner.get(paths[0])
    few = [queries_of(owner, path) for path in paths]
    for number in range(1, 12):
        add(number)
        PartnerMember.objects.create(partner=first, email=f"n{number}@example.org")
    assert [queries_of(owner, path) for path in paths] == few
