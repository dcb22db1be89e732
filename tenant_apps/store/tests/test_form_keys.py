"""A form sent again counts once; another one that comes with its key is refused, and nothing of it is taken for saved."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import BookedForm, CashMove, Location, Movement, Order, Return, Shipment, TillSession
from tenant_apps.store.services import form_keys, fulfilment, stock, till
from tenant_apps.store.services.till_returns import take_back_at_till
from tenant_apps.store.tests.selling import cart_with, ordered, stocked
from tenant_apps.store.tests.support import levels_of, make_place, make_variants
from tenant_apps.store.tests.till_support import make_register, make_session, sell, sold_line
from tests.support.tenants import Browser

pytestmark = pytest.mark.django_db


def shop() -> Location:
    return Location.objects.order_by("position", "pk")[0]


def staff() -> User:
    return User.objects.get(is_staff=True)


def refused(act: Callable[[], Any]) -> None:
    with pytest.raises(Conflict) as caught:
        act()
    assert caught.value.code == "key_used"


def twice(act: Callable[..., Any], said: dict[str, Any], others: list[dict[str, Any]]) -> None:
    """Do it, do it again, and find each other thing refused that comes with the same key."""
    key = uuid.uuid4()
    for _time in range(2):
        act(key=key, **said)
    for other in others:
        refused(lambda other=other: act(key=key, **{**said, **other}))


def test_a_delivery_that_is_booked_is_not_another_one(tenant: Tenant) -> None:
    pagne, robe = make_variants(0, "Pagne", "Robe")
    said = {"location": shop(), "pieces": {pagne.pk: 5}, "reference": "BL 1", "reason": "Colis"}
    others = [{"pieces": {pagne.pk: 12}}, {"pieces": {pagne.pk: 5, robe.pk: 1}}, {"location": make_place()},
              {"reference": "BL 2"}, {"reason": ""}]  # fmt: skip
    twice(stock.receive_all, said, others)
    assert (levels_of(pagne), levels_of(robe)) == ([(5, 0, 0)], [])


def test_a_correction_and_a_move_of_pieces_are_told_from_others(tenant: Tenant) -> None:
    [pagne] = make_variants(9)
    said = {"variant": pagne, "location": shop(), "difference": -2, "reason": "Cassé"}
    twice(stock.adjust, said, [{"difference": -3}, {"difference": 2}, {"reason": "Perdu"}])
    depot = make_place()
    said = {"variant": pagne, "source": shop(), "target": depot, "quantity": 3}
    twice(stock.transfer, said, [{"quantity": 4}, {"source": depot, "target": shop()}, {"reason": "Rayon"}])
    assert levels_of(pagne) == [(4, 0, 0), (3, 0, 0)]


def test_the_key_of_one_form_is_refused_by_the_others(tenant: Tenant) -> None:
    [pagne] = make_variants(9)
    key = uuid.uuid4()
    stock.receive_all(location=shop(), pieces={pagne.pk: 2}, key=key)
    refused(lambda: stock.adjust(variant=pagne, location=shop(), difference=2, reason="Trouvé", key=key))
    assert levels_of(pagne) == [(11, 0, 0)]


def test_a_form_booked_before_its_content_was_kept_is_still_booked_once(tenant: Tenant) -> None:
    [pagne] = make_variants(9)
    key = BookedForm.objects.create(key=uuid.uuid4()).pk
    stock.receive_all(location=shop(), pieces={pagne.pk: 2}, key=key)
    assert levels_of(pagne) == [(9, 0, 0)]


def test_a_shipment_is_told_from_another_and_from_that_of_another_order(tenant: Tenant) -> None:
    order, other = (ordered(cart_with((stocked(name), 3))) for name in ("A", "B"))
    line = order.lines.get().pk
    said = {"order_id": order.pk, "pieces": {line: 1}, "carrier": "Yango", "tracking": "Y1", "by": staff()}
    others = [{"pieces": {line: 2}}, {"carrier": ""}, {"tracking": "Y2"},
              {"order_id": other.pk, "pieces": {other.lines.get().pk: 1}}]  # fmt: skip
    twice(fulfilment.ship_order, said, others)
    assert (Shipment.objects.count(), order.lines.get().shipped, other.lines.get().shipped) == (1, 1, 0)


def test_a_return_is_told_from_another_and_from_that_of_another_order(tenant: Tenant) -> None:
    order, other = (sent(name, 3) for name in ("A", "B"))
    line = order.lines.get().pk
    said = {"order_id": order.pk, "pieces": {line: 1}, "reason": "Trop petit", "location": shop(), "by": staff()}
    others = [{"pieces": {line: 2}}, {"reason": "Taché"}, {"location": None}, {"location": make_place()},
              {"order_id": other.pk, "pieces": {other.lines.get().pk: 1}}]  # fmt: skip
    twice(fulfilment.take_back, said, others)
    assert (Return.objects.count(), order.lines.get().cancelled, other.lines.get().cancelled) == (1, 1, 0)


def sent(name: str, pieces: int) -> Order:
    order = ordered(cart_with((stocked(name), pieces)))
    fulfilment.ship_order(
        order_id=order.pk, key=uuid.uuid4(), pieces={order.lines.get().pk: pieces}, by=staff()
    )  # fmt: skip
    return order


def test_a_return_at_the_till_is_told_from_another(tenant: Tenant) -> None:
    session, elsewhere = make_session(), make_session(make_register("Caisse 2"))
    [cloth] = make_variants(9, price_minor=1000)
    order, other = (sell(session, sold_line(cloth, 3)).order for _time in range(2))
    assert order is not None
    assert other is not None
    line = order.lines.get().pk
    said = {"session_id": session.pk, "order_id": order.pk, "pieces": {line: 1}, "method": "cash", "reason": "taille",
            "restock": True, "by": staff()}  # fmt: skip
    others = [{"pieces": {line: 2}}, {"method": "wave"}, {"reason": "trou"}, {"restock": False},
              {"session_id": elsewhere.pk}, {"order_id": other.pk, "pieces": {other.lines.get().pk: 1}}]  # fmt: skip
    twice(take_back_at_till, said, others)
    order.refresh_from_db()
    assert (Return.objects.count(), order.refunded_minor) == (1, 1000)


def test_a_key_of_a_return_on_the_page_is_refused_at_the_till(tenant: Tenant) -> None:
    session = make_session()
    [cloth] = make_variants(9, price_minor=1000)
    order = sell(session, sold_line(cloth, 3)).order
    assert order is not None
    same = {"order_id": order.pk, "key": uuid.uuid4(), "pieces": {order.lines.get().pk: 1}, "reason": "trou",
            "by": staff()}  # fmt: skip
    fulfilment.take_back(location=shop(), **same)
    refused(lambda: take_back_at_till(session_id=session.pk, method="cash", restock=True, **same))


def test_cash_that_was_moved_is_not_another_amount(tenant: Tenant) -> None:
    session, elsewhere = make_session(), make_session(make_register("Caisse 2"))
    said = {"session_id": session.pk, "amount_minor": 500, "reason": "Monnaie", "by": staff()}
    twice(till.move_cash, said, [{"amount_minor": -500}, {"reason": "Banque"}, {"session_id": elsewhere.pk}])
    assert CashMove.objects.count() == 1


def test_a_session_is_told_from_one_with_another_count_or_of_another_till(tenant: Tenant) -> None:
    said = {"register": make_register(), "opening_minor": 500, "by": staff()}
    twice(till.open_session, said, [{"opening_minor": 700}, {"register": make_register("Caisse 2")}])
    assert TillSession.objects.count() == 1


def test_a_key_that_two_forms_use_at_the_same_moment_is_refused_too(tenant: Tenant) -> None:
    """Neither saw the row of the other when it looked: each had another lock."""
    made = make_session()
    refused(lambda: form_keys.made_once(TillSession, made.pk, {"register": make_register("B"), "opening_minor": 1}))


def page_again(owner: Browser, path: str, form: dict[str, Any]) -> str:
    """The page a form is answered with that was refused: with what was typed, why, and a key of its own."""
    answer = owner.post(path, form)
    assert answer.status_code == 422
    html = re.sub(r"\s+", " ", answer.content.decode())
    [key] = re.findall(r'<input type="hidden" name="key" value="([^"]+)"', html)
    assert key != form["key"]
    assert "error-summary" in html
    form["key"] = key
    return html


def test_going_back_after_goods_were_booked_books_nothing_in_silence(tenant: Tenant, owner: Browser) -> None:
    [pagne] = make_variants(0)
    form = {"key": str(uuid.uuid4()), "location": shop().pk, "action": "save", f"pieces-{pagne.pk}": "2", "reason": ""}
    for _time in range(2):
        assert owner.post("/staff/stock/receive/", form).status_code == 302
    form[f"pieces-{pagne.pk}"] = "12"
    html = page_again(owner, "/staff/stock/receive/", form)
    assert 'value="12"' in html
    assert levels_of(pagne) == [(2, 0, 0)]
    assert owner.post("/staff/stock/receive/", form).status_code == 302
    assert levels_of(pagne) == [(14, 0, 0)]


def test_the_pages_of_one_article_say_it_too(tenant: Tenant, owner: Browser) -> None:
    [pagne] = make_variants(9)
    depot = make_place()
    off = {"key": str(uuid.uuid4()), "location": shop().pk, "direction": "off", "quantity": "1", "reason": "Cassé"}
    move = {"key": str(uuid.uuid4()), "source": shop().pk, "target": depot.pk, "quantity": "1", "reason": ""}
    for act, form in (("adjust", off), ("transfer", move)):
        path = f"/staff/stock/{pagne.public_id}/{act}/"
        assert owner.post(path, form).status_code == 302
        form["quantity"] = "3"
        assert 'value="3"' in page_again(owner, path, form)
    assert Movement.objects.filter(quantity__lt=0).count() == 2


def test_a_parcel_sent_twice_is_one_and_another_one_is_asked_about(tenant: Tenant, owner: Browser) -> None:
    order = ordered(cart_with((stocked("A"), 2), (stocked("B"), 1)))
    first, second = order.lines.all()
    form = {
        "key": str(uuid.uuid4()),
        f"line-{first.pk}": "2",
        f"line-{second.pk}": "0",
        "carrier": "Yango",
        "tracking": "",
    }
    path = f"/staff/orders/{order.number}/ship/"
    for _time in range(2):
        assert owner.post(path, form).status_code == 302
    html = page_again(owner, path, {**form, "carrier": "Gozem", f"line-{second.pk}": "1"})
    assert 'value="Gozem"' in html
    assert Shipment.objects.count() == 1


def test_goods_that_came_back_are_noted_once_however_often_the_page_is_sent(tenant: Tenant, owner: Browser) -> None:
    order = sent("A", 2)
    line = order.lines.get()
    form = {"key": str(uuid.uuid4()), f"line-{line.pk}": "2", "reason": "Trop petit", "place": ""}
    path = f"/staff/orders/{order.number}/return/"
    for _time in range(2):
        assert owner.post(path, form).status_code == 302
    html = page_again(owner, path, {**form, "reason": "Taché"})
    assert 'value="Taché"' in html
    assert Return.objects.count() == 1
