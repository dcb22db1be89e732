"""A form about several lines of an order, sent after somebody else settled one of them: nothing of it is dropped in silence."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tenant_apps.store.models import Order, Return, Shipment
from tenant_apps.store.tests.test_cancelled_pieces import came_back, cancelled, sent, two_goods
from tests.support.tenants import Browser

SETTLED = "Une ligne de cette commande a été réglée entre-temps"


def post(owner: Browser, order: Order, action: str, *, rice: int, salt: int, **more: str) -> Any:
    lines = {line.product_name: line.pk for line in order.lines.all()}
    typed = {"key": str(uuid.uuid4()), f"line-{lines['Riz']}": str(rice), f"line-{lines['Sel']}": str(salt), **more}
    return owner.post(f"/staff/orders/{order.number}/{action}/", typed)


def test_a_parcel_with_pieces_that_were_cancelled_is_refused(owner: Browser) -> None:
    order = cancelled(two_goods(), Sel=2)
    answer = post(owner, order, "ship", rice=3, salt=2)
    assert (answer.status_code, Shipment.objects.count()) == (422, 0)
    assert SETTLED in answer.content.decode()
    again = post(owner, order, "ship", rice=3, salt=0)
    assert (again.status_code, Shipment.objects.count()) == (302, 1)


def test_pieces_that_were_sent_are_not_cancelled_with_the_others(owner: Browser) -> None:
    order = two_goods()
    sent(order, Sel=2)
    answer = post(owner, order, "cancel-pieces", rice=1, salt=2, reason="Manque")
    order.refresh_from_db()
    assert (answer.status_code, order.total_minor) == (422, 8_500)
    assert SETTLED in answer.content.decode()


def test_pieces_that_came_back_do_not_come_back_again(owner: Browser) -> None:
    order = two_goods()
    sent(order, Riz=3, Sel=2)
    came_back(order, Sel=2)
    answer = post(owner, order, "return", rice=1, salt=2, reason="Refusé")
    assert (answer.status_code, Return.objects.count()) == (422, 1)
    assert SETTLED in answer.content.decode()


@pytest.mark.parametrize("junk", ["line-x", "line-", "line-99999999999999999999"])
def test_junk_that_names_no_line_is_answered_as_well(owner: Browser, junk: str) -> None:
    answer = post(owner, two_goods(), "ship", rice=1, salt=0, **{junk: "1"})
    assert answer.status_code == 422
