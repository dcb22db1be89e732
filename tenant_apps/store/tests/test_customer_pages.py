"""Pages of customers, their addresses, delivery and the shop; and what is forgotten with somebody."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.accounts.services.personal_data import erase_person, export_data
from shared_apps.audit.models import AuditLog
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import (
    Address,
    Customer,
    DeliveryZone,
    Location,
    Partner,
    PartnerMember,
    Segment,
    Shop,
)
from tenant_apps.store.services import customers as services
from tenant_apps.store.tests.support import make_photo, make_product
from tenant_apps.team.models import Photo
from tenant_apps.team.tests.support import refused, upload
from tests.support.tenants import Browser


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ndiaye awa", True),
        ("AWA@", True),
        ("70 12", True),
        ("binta", False),
        ("%", False),
        ("'", False),
        ("awa\\", False),
    ],
)
def test_customers_are_found_by_name_number_and_address(owner: Browser, awa: User, query: str, found: bool) -> None:
    User.objects.filter(pk=awa.pk).update(phone="+237670123456")
    html = owner.get("/staff/customers/", {"q": query, "segment": "junk", "page": "x"}).content.decode()
    assert ("awa@example.org" in html) is found


def test_staff_put_a_customer_into_a_segment_and_the_log_does_not_keep_the_note(owner: Browser, awa: User) -> None:
    student = Segment.objects.get(key="student")
    Shop.objects.update(country="CM")
    path = f"/staff/customers/{awa.pk}/"
    data = {"segment": str(student.pk), "phone": "670 12 34 56", "note": "Préfère le matin"}
    assert owner.post(path, data).status_code == 302
    customer = Customer.objects.get(user=awa)
    assert (customer.segment, customer.phone, customer.note) == (student, "+237670123456", "Préfère le matin")
    entry = AuditLog.objects.get(action="store.customer.changed")
    assert entry.after == {"phone": "+237670123456", "segment": "student", "note_changed": True}
    assert owner.post(path, {"segment": "999", "phone": "12", "note": ""}).status_code == 422
    assert owner.get("/staff/customers/?segment=student").content.decode().count("awa@example.org") == 1
    staff = User.objects.get(is_staff=True)
    assert owner.get(f"/staff/customers/{staff.pk}/").status_code == 404


# Addresses


def address_data(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Awa Ndiaye", "phone": "+221 77 123 45 67", "line1": "Derrière la mairie", "line2": "", "city": "Dakar",
        **changes,
    }  # fmt: skip


def test_somebody_keeps_addresses_and_one_of_them_is_the_default(her: Browser, awa: User) -> None:
    assert 'value="Awa Ndiaye"' in her.get("/addresses/new/").content.decode()
    for line in ("A", "B"):
        assert her.post("/addresses/new/", address_data(line1=line)).status_code == 302
    first, second = Address.objects.get(line1="A"), Address.objects.get(line1="B")
    assert (first.is_default, second.is_default, first.phone) == (True, False, "+221771234567")
    her.post(f"/addresses/{second.pk}/default/")
    assert list(Address.objects.filter(is_default=True)) == [second]
    her.post(f"/addresses/{second.pk}/", address_data(line1="B 2"))
    second.refresh_from_db()
    assert (second.line1, second.is_default) == ("B 2", True)
    assert her.get(f"/addresses/{second.pk}/delete/").status_code == 200
    her.post(f"/addresses/{second.pk}/delete/")
    assert list(Address.objects.values_list("line1", "is_default")) == [("A", True)]
    assert "Derri" not in str(list(AuditLog.objects.values_list("after", flat=True)))
    assert "/addresses/" in her.get("/").content.decode()


def test_an_address_needs_a_number_and_a_town_and_keeps_what_was_typed(her: Browser) -> None:
    answer = her.post("/addresses/new/", address_data(phone="12", city=""))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_phone_error"' in html
    assert 'id="id_city_error"' in html
    assert "Derrière la mairie" in html
    assert not Address.objects.exists()


def test_nobody_reaches_the_addresses_of_another(her: Browser, visitor: Client, tenant: Tenant) -> None:
    other = User.objects.create_user("binta@example.org", None)
    theirs = Address.objects.create(user=other, name="B", phone="+221771234567", line1="X", city="Y", is_default=True)
    for path in (f"/addresses/{theirs.pk}/", f"/addresses/{theirs.pk}/delete/", f"/addresses/{10**30}/"):
        assert her.get(path).status_code == 404
        assert her.post(path, address_data()).status_code == 404
    assert her.post(f"/addresses/{theirs.pk}/default/").status_code == 404
    assert visitor.get("/addresses/").status_code == 302
    connection.set_tenant(tenant)
    assert Address.objects.get().line1 == "X"


def test_there_is_room_for_twenty_addresses(awa: User) -> None:
    details = services.AddressDetails(name="A", phone="+221771234567", line1="X", city="Y")
    for _ in range(services.MAX_ADDRESSES):
        services.add_address(user=awa, details=details)
    with refused("too_many_addresses"):
        services.add_address(user=awa, details=details)


# Delivery and the shop


def test_zones_are_added_moved_changed_and_deleted(owner: Browser) -> None:
    data = {
        "name": "Plateau",
        "fee": "1 500",
        "free_from": "50 000",
        "delay": "sous 48 h",
        "is_active": "on",
        "pickup": "",
    }
    assert owner.post("/staff/delivery/new/", data).status_code == 302
    zone = DeliveryZone.objects.get(name="Plateau")
    before = DeliveryZone.objects.exclude(pk=zone.pk).get().name
    assert (zone.fee_minor, zone.free_from_minor, zone.takes_cash, zone.position) == (1_500, 50_000, False, 1)
    assert owner.post("/staff/delivery/new/", {**data, "name": "plateau"}).status_code == 422
    owner.post(f"/staff/delivery/{zone.pk}/move/", {"action": "up"})
    assert list(DeliveryZone.objects.values_list("name", flat=True)) == ["Plateau", before]
    owner.post(f"/staff/delivery/{zone.pk}/move/", {"action": "up"})
    assert list(DeliveryZone.objects.values_list("position", flat=True)) == [0, 1]
    place = Location.objects.get()
    owner.post(f"/staff/delivery/{zone.pk}/", {"name": "Plateau", "fee": "", "free_from": "0", "pickup": str(place.pk)})
    zone.refresh_from_db()
    assert (zone.fee_minor, zone.free_from_minor, zone.pickup, zone.is_active) == (0, None, place, False)
    assert owner.post(f"/staff/delivery/{zone.pk}/", {**data, "fee": "1,5"}).status_code == 422
    user = User.objects.create_user("binta@example.org", None)
    address = Address.objects.create(user=user, name="B", phone="+221771234567", line1="X", city="Y", zone=zone)
    assert owner.get(f"/staff/delivery/{zone.pk}/delete/").status_code == 200
    owner.post(f"/staff/delivery/{zone.pk}/delete/")
    address.refresh_from_db()
    assert (address.zone, DeliveryZone.objects.count()) == (None, 1)


def shop_data(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Chez Wouri", "country": "CM", "phone": "670 12 34 56", "email": "bonjour@example.org",
        "tax_rate": "19,25", "tax_name": "TVA", "tax_number": "M0123", "low_stock_at": "5", **changes,
    }  # fmt: skip


def test_the_shop_says_all_about_itself_and_numbers_are_read_by_its_country(
    owner: Browser, visitor: Client, tenant: Tenant
) -> None:
    assert owner.post("/staff/settings/", shop_data(logo=upload())).status_code == 302
    shop = Shop.objects.get()
    assert (shop.phone, shop.tax_rate_bp, shop.tax_name, shop.low_stock_at) == ("+237670123456", 1_925, "TVA", 5)
    assert 'value="19,25"' in owner.get("/staff/settings/").content.decode()
    assert shop.logo is not None
    url = shop.logo.thumbnail_url
    assert url in visitor.get("/").content.decode()
    assert visitor.get(url).status_code == 200
    connection.set_tenant(tenant)
    # A photo sent with another form long ago goes; the logo stays.
    Photo.objects.update(created_at=timezone.now() - timedelta(days=30))
    make_product("Robe")
    assert Photo.objects.filter(pk=shop.logo_id).exists()
    owner.post("/staff/settings/", shop_data(remove_logo="on", low_stock_at=""))
    shop = Shop.objects.get()
    assert (shop.logo, shop.low_stock_at) == (None, 3)
    assert not Photo.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tax_rate": "100"}, "tax_rate"),
        ({"tax_name": ""}, "tax_name"),
        ({"country": "XX"}, "country"),
        ({"country": ""}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"low_stock_at": "-1"}, "low_stock_at"),
    ],
)
def test_what_is_wrong_with_the_shop_is_said_beside_its_field(
    owner: Browser, changes: dict[str, Any], field: str
) -> None:
    before = Shop.objects.get().name
    answer = owner.post("/staff/settings/", shop_data(**changes))
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert Shop.objects.get().name == before


# Personal data


def test_what_the_shop_knows_of_somebody_is_handed_out_and_forgotten(awa: User) -> None:
    partner = Partner.objects.create(name="UCAD", kind="university")
    PartnerMember.objects.create(partner=partner, email="awa@example.org")
    PartnerMember.objects.create(partner=partner, email="binta@example.org")
    services.save_customer(user=awa, details=services.CustomerDetails(phone="+221771234567", note="Matin"))
    services.add_address(
        user=awa, details=services.AddressDetails(name="Awa", phone="+221771234567", line1="Mairie", city="Dakar")
    )
    known = json.loads(export_data(user=awa))["store"]
    assert known["customer"] == {"phone": "+221771234567", "segment": "", "note": "Matin"}
    assert [one["line1"] for one in known["addresses"]] == ["Mairie"]
    assert [one["partner"] for one in known["partners"]] == ["UCAD"]
    assert "binta" not in json.dumps(known)

    erase_person(user=awa, typed="awa@example.org")
    assert not Address.objects.exists()
    assert not Customer.objects.exists()
    assert [member.email for member in PartnerMember.objects.all()] == ["binta@example.org"]
    assert "awa@example.org" not in str(list(AuditLog.objects.values()))


def test_photos_of_nobody_do_not_take_the_logo_along(owner: Browser) -> None:
    make_photo()
    assert owner.post("/staff/settings/", shop_data()).status_code == 302
    assert Shop.objects.get().logo is None
