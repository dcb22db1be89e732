"""Requests that come at the same moment, with real commits."""

from __future__ import annotations

import pytest

from billing.models import Coupon, Order, Payment
from billing.tests.api.conftest import client_for, order_body
from tests.support.factories import make_order, make_user, pay_by_transfer, provision
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")
ORDERS = "/api/tenants/orders/"


@pytest.mark.parametrize("named", [True, False])
def test_one_key_is_one_order(named) -> None:
    user = make_user()
    caller = client_for(user)
    Coupon.objects.create(code="ONCE", percent=50, max_uses=1)
    body = order_body(coupon_code="ONCE")
    if not named:
        del body["subdomain"]

    def order(_: int):
        return caller.post(ORDERS, body, format="json", headers={"Idempotency-Key": "same"})

    answers = at_once(8, order)
    assert {answer.status_code for answer in answers} == {201}, [answer.json() for answer in answers]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Order.objects.filter(user=user).count() == 1
    assert Coupon.objects.get().used == 1


def test_orders_that_leave_the_name_to_us_never_collide() -> None:
    callers = [client_for(make_user()) for _ in range(3)]
    body = order_body()
    del body["subdomain"]
    answers = at_once(3, lambda number: callers[number].post(ORDERS, body, format="json"))
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["subdomain"] for answer in answers}) == 3


def test_a_double_click_pays_once(simulator) -> None:
    user = make_user()
    order = make_order(user=user)
    caller = client_for(user)
    path = f"{ORDERS}{order.pk}/initiate_payment/"
    answers = at_once(6, lambda _: caller.post(path, {"payment_method": "paypal"}, format="json"))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["payment_id"] for answer in answers}) == 1
    assert Payment.objects.filter(order=order).count() == 1
    assert len(simulator.state()["paypal"]["orders"]) == 1


def test_everybody_polling_captures_once(simulator) -> None:
    user = make_user()
    order = make_order(user=user)
    caller = client_for(user)
    caller.post(f"{ORDERS}{order.pk}/initiate_payment/", {"payment_method": "paypal"}, format="json")
    simulator.approve_paypal(Payment.objects.get(order=order).provider_ref)
    answers = at_once(10, lambda _: caller.post(f"{ORDERS}{order.pk}/verify_payment/"))
    assert {answer.status_code for answer in answers} == {200}
    assert simulator.calls("paypal.capture") == 1
    assert caller.post(f"{ORDERS}{order.pk}/verify_payment/").json()["status"] == "paid"


def test_success_comes_with_the_live_workspace() -> None:
    user = make_user()
    order = make_order(user=user, product="esxi", subdomain="atelier-nord")
    caller = client_for(user)
    pay_by_transfer(order)
    paid = caller.post(f"{ORDERS}{order.pk}/verify_payment/").json()
    assert (paid["success"], paid["status"], paid["organization"]) == (False, "paid", None)
    organisation = provision(order)
    live = caller.post(f"{ORDERS}{order.pk}/verify_payment/").json()
    assert (live["success"], live["status"]) == (True, "fulfilled")
    assert live["organization"] == {
        "name": "Marché Central",
        "slug": "atelier-nord",
        "schema_name": organisation.schema_name,
        "url": live["organization"]["url"],
        "status": "active",
    }
    assert live["organization"]["url"].startswith("http://atelier-nord.localhost")
    assert caller.get(f"{ORDERS}{order.pk}/").json()["organization"] == live["organization"]
