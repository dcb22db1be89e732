"""Making orders and looking at them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.models import Coupon, Order
from billing.services.taxes import set_tax_rate, today_here
from billing.tests.api.conftest import client_for, order_body
from tests.support.factories import make_order, make_user

pytestmark = pytest.mark.django_db
ORDERS = "/api/tenants/orders/"


def test_an_order_as_the_seed_makes_it(client, buyer) -> None:
    """Only what the first clients send: no currency, no organisation's name, no subdomain."""
    body = order_body()
    for name in ("currency", "organization_name", "subdomain"):
        del body[name]
    answer = client.post(ORDERS, body, format="json")
    assert answer.status_code == 201
    made = answer.json()
    order = Order.objects.get(user=buyer)
    assert made["id"] == str(order.pk)
    assert made["order_number"] == order.number
    assert made["status"] == "awaiting_payment"
    assert (made["currency"], made["total_minor"], made["total_amount"]) == ("XAF", 50000, "50000")
    assert (made["organization_name"], made["subdomain"]) == ("Entreprise XYZ", "entreprise-xyz")
    assert made["organization"] is None
    assert made["expires_at"]
    assert order.customer_country == "CM"


def test_every_field_is_taken(client) -> None:
    body = order_body(
        currency="EUR",
        billing_cycle="yearly",
        country="sn",
        locale="en",
        tax_number="M01",
        customer_address="Rue 1\nDakar",
    )
    made = client.post(ORDERS, body, format="json").json()
    assert (made["total_minor"], made["total_amount"], made["billing_cycle"]) == (77000, "770.00", "yearly")
    assert (made["country"], made["locale"], made["tax_number"]) == ("SN", "en", "M01")


def test_net_and_tax_make_the_total_in_both_ways(client, stranger) -> None:
    included = client.post(ORDERS, order_body(), format="json").json()
    set_tax_rate(country="SN", name="TVA", percent=Decimal(18), valid_from=today_here(), is_included=False)
    added = stranger.post(ORDERS, order_body(country="SN", subdomain="autre-nom"), format="json").json()
    names = ("net_minor", "tax_minor", "total_minor", "tax_included", "tax_name", "tax_percent")
    assert [included[name] for name in names] == [41_929, 8_071, 50_000, True, "TVA", "19.250"]
    assert [added[name] for name in names] == [50_000, 9_000, 59_000, False, "TVA", "18.000"]


def test_no_order_is_made_of_another_total_than_the_one_expected(client, buyer) -> None:
    refused = client.post(ORDERS, order_body(expected_total_minor=49_999), format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "price_changed")
    assert not Order.objects.filter(user=buyer).exists()
    assert client.post(ORDERS, order_body(expected_total_minor=50_000), format="json").status_code == 201


def test_a_name_left_out_is_made_from_the_organisations_and_steps_aside(client, stranger) -> None:
    body = order_body(organization_name="Épicerie du Marché")
    del body["subdomain"]
    names = [caller.post(ORDERS, body, format="json").json()["subdomain"] for caller in (client, stranger)]
    assert names[0] == "epicerie-du-marche"
    assert names[1].startswith("epicerie-du-marche-")


def test_a_name_that_cannot_be_made_into_an_address_still_gets_one(client) -> None:
    body = order_body(organization_name="商店")
    del body["subdomain"]
    assert client.post(ORDERS, body, format="json").status_code == 201


@pytest.mark.parametrize(
    ("subdomain", "status", "code"),
    [
        ("store-a", 409, "subdomain_taken"),
        ("admin", 400, "subdomain_reserved"),
        ("paypa1", 400, "subdomain_reserved"),
        ("-x-", 400, "subdomain_hyphens"),
        ("x" * 60, 400, "subdomain_long"),
        ("ab", 400, "subdomain_short"),
    ],
)
def test_a_subdomain_that_cannot_be_had(client, subdomain, status, code) -> None:
    answer = client.post(ORDERS, order_body(subdomain=subdomain), format="json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "subdomain" in answer.json()["fields"]
    assert not Order.objects.filter(organisation_name="Entreprise XYZ").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("plan_id", 999_999),
        ("plan_id", 10**30),
        ("plan_id", "silver"),
        ("plan_id", [1]),
        ("plan_id", None),
        ("plan_id", True),
        ("billing_cycle", "weekly"),
        ("billing_cycle", ["monthly"]),
        ("billing_cycle", {}),
        ("currency", "BTC"),
        ("currency", "USD"),
        ("currency", 5),
        ("organization_name", "a\nb"),
        ("organization_name", "a\x00b"),
        ("organization_name", "x" * 121),
        ("organization_name", ["x"]),
        ("subdomain", "a\x00b"),
        ("subdomain", {"a": 1}),
        ("customer_name", ""),
        ("customer_email", "nobody"),
        ("customer_email", 12),
        ("customer_phone", "call me"),
        ("customer_phone", "9" * 25),
        ("country", "ZZ"),
        ("country", "France"),
        ("locale", "de"),
        ("coupon_code", ["A"]),
        ("coupon_code", "NOSUCH"),
    ],
)
def test_bad_values_name_their_field(client, field, value) -> None:
    answer = client.post(ORDERS, order_body(**{field: value}), format="json")
    assert answer.status_code == 400, answer.json()
    assert list(answer.json()["fields"]) == [field]
    assert set(answer.json()) >= {"code", "detail", "fields"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"null", 400),
        (b"NaN", 400),
        (b"\xff\xfe", 400),
        (rb'{"billing_cycle": "\ud800"}', 400),
        (rb'{"\ud800": 1}', 400),
        (b"9" * 5000, 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000, 400),
        (b'{"plan_id": ' + b"9" * 5000 + b"}", 400),
        (b'{"customer_name": "' + b"x" * 300_000 + b'"}', 413),
    ],
)
def test_bodies_that_are_no_order(client, body, status) -> None:
    answer = client.generic("POST", ORDERS, body, content_type="application/json")
    assert answer.status_code == status
    assert set(answer.json()) >= {"code", "detail"}


def test_a_form_is_not_json(client) -> None:
    assert client.post(ORDERS, {"plan_id": 1}, format="multipart").status_code == 415


def test_a_coupon_is_taken_off(client) -> None:
    Coupon.objects.create(code="PROMO2024", percent=20)
    made = client.post(ORDERS, order_body(coupon_code="promo2024"), format="json").json()
    assert (made["subtotal"], made["discount_amount"], made["total_amount"]) == ("50000", "10000", "40000")
    assert made["coupon_code"] == "PROMO2024"


def test_a_total_of_nothing_is_paid_at_once(client) -> None:
    Coupon.objects.create(code="FREE", percent=100)
    made = client.post(ORDERS, order_body(coupon_code="FREE"), format="json").json()
    assert (made["status"], made["total_minor"]) == ("paid", 0)


def test_the_same_key_makes_one_order(client, buyer) -> None:
    headers = {"Idempotency-Key": "7c1a"}
    first, second = (client.post(ORDERS, order_body(), format="json", headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert Order.objects.filter(user=buyer).count() == 1


def test_the_same_key_without_a_name_makes_one_order(client, buyer) -> None:
    body = order_body()
    del body["subdomain"]
    for _ in range(2):
        assert client.post(ORDERS, body, format="json", headers={"Idempotency-Key": "k"}).status_code == 201
    assert Order.objects.filter(user=buyer).count() == 1


def test_a_key_is_not_for_another_request_nor_another_caller(client, stranger) -> None:
    headers = {"Idempotency-Key": "k"}
    first = client.post(ORDERS, order_body(), format="json", headers=headers).json()
    other = client.post(ORDERS, order_body(billing_cycle="yearly"), format="json", headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_used")
    theirs = stranger.post(ORDERS, order_body(subdomain="autre-nom"), format="json", headers=headers).json()
    assert theirs["id"] != first["id"]


@pytest.mark.parametrize("key", ["x" * 65, "é", "a b"])
def test_a_key_that_cannot_be_kept(client, key) -> None:
    answer = client.post(ORDERS, order_body(), format="json", headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["fields"]


def test_the_list_is_paged_and_holds_only_the_callers_own(client, buyer, stranger) -> None:
    mine = [make_order(user=buyer) for _ in range(2)]
    make_order()
    page = client.get(ORDERS).json()
    assert (page["count"], page["next"], page["previous"]) == (2, None, None)
    assert [row["id"] for row in page["results"]] == [str(order.pk) for order in reversed(mine)]
    assert stranger.get(ORDERS).json()["count"] == 0
    for number in ("2", "0", "-1", "x", "9" * 30):
        assert client.get(f"{ORDERS}?page={number}").status_code == 404


def test_the_list_costs_the_same_whatever_its_length(client, buyer, django_assert_max_num_queries) -> None:
    for _ in range(4):
        make_order(user=buyer)
    with django_assert_max_num_queries(5):
        client.get(ORDERS)


def test_an_order_is_seen_only_by_its_owner(client, buyer, stranger, admin, anybody) -> None:
    order = make_order(user=buyer)
    assert client.get(f"{ORDERS}{order.pk}/").json()["order_number"] == order.number
    for caller, status in ((stranger, 404), (admin, 404), (anybody, 401)):
        for path in ("", "initiate_payment/", "verify_payment/"):
            answer = caller.post(f"{ORDERS}{order.pk}/{path}") if path else caller.get(f"{ORDERS}{order.pk}/")
            assert answer.status_code == status
            assert set(answer.json()) >= {"code", "detail"}


@pytest.mark.parametrize("order_id", ["1", "x", "0" * 32, "00000000-0000-0000-0000-000000000000"])
def test_orders_that_are_not_there(client, order_id) -> None:
    assert client.get(f"{ORDERS}{order_id}/").status_code == 404


def test_somebody_with_many_unpaid_orders(client, buyer) -> None:
    for _ in range(5):
        make_order(user=buyer)
    answer = client.post(ORDERS, order_body(), format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_unpaid")


def test_methods_that_are_not_there(client) -> None:
    answer = client.delete(ORDERS)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_a_closed_account_is_out_at_once(buyer) -> None:
    caller = client_for(buyer)
    buyer.is_active = False
    buyer.save(update_fields=["is_active"])
    assert caller.get(ORDERS).status_code == 401


def test_what_is_done_is_recorded_with_who_did_it(client, buyer) -> None:
    from shared_apps.audit.models import AuditLog

    client.post(ORDERS, order_body(), format="json")
    assert AuditLog.objects.get(action="order.created", actor_id=buyer.pk).actor_label == buyer.email
    assert make_user().pk != buyer.pk
