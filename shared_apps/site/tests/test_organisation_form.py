"""Step 3 of sign-up: the address, the plan, the coupon, and a draft that survives."""

from __future__ import annotations

import uuid

import pytest

from billing.models import Coupon, Order
from shared_apps.core.errors import TooManyAttempts
from shared_apps.site.models import SignupDraft
from shared_apps.site.tests.helpers import logged_in, order_data, send_order, text_of, visitor
from tests.support.factories import make_order, make_user

pytestmark = pytest.mark.django_db
URL = "/signup/organisation/"


def errors_of(answer) -> dict:
    assert answer.status_code == 200, answer
    return answer.context["form"].errors


def test_a_valid_form_becomes_an_order() -> None:
    client = logged_in()
    answer = send_order(client, idempotency_key=str(uuid.uuid4()))
    order = Order.objects.get(user=client.user)
    assert answer.headers["Location"] == f"/orders/{order.pk}/"
    assert (order.organisation_name, order.subdomain, order.total_minor) == ("Marché Élégant", "marche-elegant", 25_000)
    assert order.customer_address == "Akwa, Douala"
    assert order.customer_phone == "+237 6 70 12 34 56"


def test_the_same_form_twice_is_one_order() -> None:
    client = logged_in()
    data = order_data(idempotency_key=str(uuid.uuid4()))
    assert send_order(client, data).headers["Location"] == send_order(client, data).headers["Location"]
    assert Order.objects.filter(user=client.user).count() == 1


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "paypal",
        "admin",
        "pay-pal",
        "Marché",
        "a_b",
        "-a-",
        "a--b",
        "xn--abc",
        "x" * 60,
        "a\x00b",
        "paypa1",
        "..",
        "é",
    ],
)
def test_a_bad_address_is_refused_beside_its_field_and_nothing_is_lost(name: str) -> None:
    client = logged_in()
    answer = send_order(client, subdomain=name)
    assert "subdomain" in errors_of(answer)
    page = text_of(answer)
    assert "Marché Élégant" in page
    assert 'value="M0123"' in page
    assert not Order.objects.filter(user=client.user).exists()


def test_a_taken_address_and_one_that_looks_like_it_offer_free_ones() -> None:
    make_order(subdomain="boutique-awa")
    client = logged_in()
    for name in ("boutique-awa", "boutlque-awa", "boutiqueawa"):
        answer = send_order(client, subdomain=name)
        assert "subdomain" in errors_of(answer)
        assert 'name="pick"' in text_of(answer)


def test_a_taken_address_is_said_together_with_other_errors() -> None:
    user = make_user()
    own = make_order(user=user, subdomain="boutique-awa")
    wrong = order_data(subdomain="boutique-awa", phone="1")
    theirs, ours = logged_in().post(URL, wrong), logged_in(user).post(URL, wrong)
    for answer in (theirs, ours):
        assert set(errors_of(answer)) == {"phone", "subdomain"}
        assert 'name="pick"' in text_of(answer)
    assert f"/orders/{own.pk}/" not in text_of(theirs)
    assert f"/orders/{own.pk}/" in text_of(ours)
    assert set(errors_of(logged_in().post(URL, order_data(subdomain="paypal", country="")))) == {"country", "subdomain"}


def test_an_address_held_by_ones_own_order_leads_to_it() -> None:
    user = make_user()
    order = make_order(user=user, subdomain="boutique-awa")
    answer = logged_in(user).post(URL, order_data(subdomain="boutique-awa"))
    assert f"/orders/{order.pk}/" in text_of(answer)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"organisation_name": ""}, "organisation_name"),
        ({"organisation_name": "x" * 121}, "organisation_name"),
        ({"plan": "platinum"}, "plan"),
        ({"plan": "", "product": ""}, "plan"),
        ({"product": "bank"}, "product"),
        ({"cycle": "weekly"}, "cycle"),
        ({"currency": "GBP"}, "currency"),
        ({"country": "ZZ"}, "country"),
        ({"country": ""}, "country"),
        ({"phone": "appelez-moi"}, "phone"),
        ({"phone": "1"}, "phone"),
        ({"customer_name": ""}, "customer_name"),
        ({"coupon_code": "INCONNU"}, "coupon_code"),
        ({"coupon_code": "\x00"}, "coupon_code"),
        ({"tax_number": "x" * 41}, "tax_number"),
    ],
)
def test_bad_input_is_said_beside_its_field(change: dict[str, str], field: str) -> None:
    client = logged_in()
    assert field in errors_of(send_order(client, **change))
    assert not Order.objects.filter(user=client.user).exists()


def test_a_broken_idempotency_key_does_no_harm() -> None:
    answer = logged_in().post(URL, order_data(idempotency_key="'; DROP TABLE"))
    assert answer.status_code == 200


def test_a_coupon_is_previewed_and_then_charged() -> None:
    Coupon.objects.create(code="MOINS20", percent=20)
    client = logged_in()
    preview = client.post("/signup/offer/", order_data(coupon_code="moins20"))
    assert "20\u202f000\xa0FCFA" in text_of(preview)
    send_order(client, coupon_code="moins20")
    assert Order.objects.get(user=client.user).total_minor == 20_000


def test_a_bad_coupon_is_said_in_the_preview() -> None:
    preview = logged_in().post("/signup/offer/", order_data(coupon_code="NIMP\x00"))
    assert preview.status_code == 200
    assert "field-error" in text_of(preview)


def test_an_unknown_coupon_does_not_stop_the_order() -> None:
    client = logged_in()
    for page in (
        send_order(client, coupon_code="FAUX"),
        client.post("/signup/offer/", order_data(coupon_code="FAUX")),
    ):
        assert 'name="order" value="without_code"' in text_of(page)
    send_order(client, coupon_code="FAUX", order="without_code")
    order = Order.objects.get(user=client.user)
    assert (order.total_minor, order.coupon, order.customer_name) == (25_000, None, "Awa Ndiaye")


def test_a_good_coupon_offers_no_way_around_it() -> None:
    Coupon.objects.create(code="MOINS20", percent=20)
    assert "without_code" not in text_of(logged_in().post("/signup/offer/", order_data(coupon_code="moins20")))


def test_a_reserved_address_suggests_names_of_the_organisation() -> None:
    client = logged_in()
    assert 'value="marche-elegant"' in text_of(send_order(client, subdomain="paypal"))
    answer = visitor().get("/signup/subdomain/", {"name": "paypal", "organisation": "Marché Élégant"})
    assert 'value="marche-elegant"' in text_of(answer)


def test_a_coupon_of_all_needs_no_payment() -> None:
    Coupon.objects.create(code="CADEAU", percent=100)
    client = logged_in()
    send_order(client, coupon_code="CADEAU")
    assert Order.objects.get(user=client.user).status == Order.Status.PAID


def test_another_product_shows_its_plans_without_losing_anything() -> None:
    client = logged_in()
    page = text_of(send_order(client, product="esxi", refresh="product"))
    assert "Bronze" in page
    assert "Marché Élégant" in page
    assert not Order.objects.filter(user=client.user).exists()
    fragment = text_of(client.post("/signup/offer/", order_data(product="events")))
    assert 'id="offer"' in fragment
    assert "<html" not in fragment


def test_a_picked_suggestion_fills_the_address() -> None:
    page = text_of(logged_in().post(URL, order_data(subdomain="paypal", pick="marche-libre")))
    assert 'value="marche-libre"' in page


def test_the_draft_follows_to_another_device() -> None:
    client = logged_in()
    assert client.post("/signup/draft/", order_data(organisation_name="Brouillon", secret="x")).status_code == 204
    elsewhere = logged_in(client.user)
    page = text_of(elsewhere.get(URL))
    assert 'value="Brouillon"' in page
    assert 'value="marche-elegant"' in page
    assert "secret" not in SignupDraft.objects.get(user=client.user).data


def test_a_failed_form_is_kept_too() -> None:
    client = logged_in()
    send_order(client, subdomain="paypal")
    assert 'value="Marché Élégant"' in text_of(logged_in(client.user).get(URL))


def test_after_the_order_only_billing_details_are_kept() -> None:
    client = logged_in()
    send_order(client)
    page = text_of(client.get(URL))
    assert 'value="M0123"' in page
    assert "marche-elegant" not in page


def test_ordering_again_brings_everything_back() -> None:
    user = make_user()
    order = make_order(user=user, subdomain="boutique-awa", product="events", cycle="yearly")
    Order.objects.filter(pk=order.pk).update(status="expired")
    page = text_of(logged_in(user).get(f"{URL}?order={order.pk}"))
    assert 'value="boutique-awa"' in page
    assert 'name="product" value="events"' in page


@pytest.mark.parametrize("order", ["x", "00000000-0000-0000-0000-000000000000"])
def test_ordering_again_from_nothing(order: str) -> None:
    assert logged_in().get(URL, {"order": order}).status_code == 200


def test_anothers_order_fills_nothing() -> None:
    order = make_order(subdomain="chez-autrui")
    assert "chez-autrui" not in text_of(logged_in().get(f"{URL}?order={order.pk}"))


@pytest.mark.parametrize(
    ("name", "free"),
    [("marche-libre", True), ("paypal", False), ("", False), ("é", False), ("x" * 500, False)],
)
def test_the_address_is_checked_while_it_is_typed(name: str, free: bool) -> None:
    answer = visitor().get("/signup/subdomain/", {"name": name})
    assert answer.status_code == 200
    assert ("field-ok" in text_of(answer)) is free


def test_checking_addresses_is_throttled(monkeypatch) -> None:
    def refuse(**_: object) -> None:
        raise TooManyAttempts("too_many_attempts", "Trop d'essais")

    monkeypatch.setattr("shared_apps.site.views.organisation_form.check_rate", refuse)
    page = text_of(visitor().get("/signup/subdomain/", {"name": "marche-libre"}))
    assert "field-ok" not in page
    assert "field-error" in page


def test_the_page_costs_the_same_with_many_plans(django_assert_max_num_queries) -> None:
    from shared_apps.site.tests.test_pricing import publish

    client = logged_in()
    client.get(URL)
    with django_assert_max_num_queries(10):
        client.get(URL)
    publish(40)
    with django_assert_max_num_queries(10):
        client.get(URL)


@pytest.mark.parametrize("path", [URL, "/signup/offer/", "/signup/draft/", "/orders/", "/organisations/", "/start/"])
def test_strangers_are_asked_to_log_in(path: str) -> None:
    for answer in (visitor().get(path), visitor().post(path)):
        assert answer.status_code in (302, 405)
        if answer.status_code == 302:
            assert "/accounts/login/" in answer.headers["Location"]
