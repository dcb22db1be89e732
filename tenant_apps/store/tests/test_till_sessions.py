"""Tills are opened and closed with a count; goods come back for exactly what was paid."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Order, Return, TillPayment, TillSession
from tenant_apps.store.presenting import till_answers
from tenant_apps.store.selectors.drawer import WayTotal, drawer_of
from tenant_apps.store.services import till
from tenant_apps.store.services.till import RegisterDetails
from tenant_apps.store.services.till_returns import take_back_at_till
from tenant_apps.store.tests.support import levels_of, make_order, make_variants
from tenant_apps.store.tests.till_support import make_register, make_session, owner, sell, sold_line

pytestmark = pytest.mark.django_db


def close(session: TillSession, counted: int, **options: object) -> TillSession:
    return till.close_session(session_id=session.pk, counted_minor=counted, unsent=0, by=owner(), **options)


def test_the_difference_is_what_was_counted_less_what_should_be_there(tenant: Tenant) -> None:
    session = make_session(opening=10_000)
    [cloth] = make_variants(9, price_minor=1000)
    sell(session, sold_line(cloth, 3))
    sell(session, sold_line(cloth), payments=[{"method": "orange_money", "amount_minor": 1000}])
    till.move_cash(session_id=session.pk, key=uuid.uuid4(), amount_minor=-2500, reason="Taxi", by=owner())
    drawer = drawer_of(session)
    assert (drawer.opening_minor, drawer.taken_out_minor, drawer.expected_minor) == (10_000, 2500, 10_500)
    assert (drawer.cash, drawer.other_ways) == (WayTotal("cash", 3000, 0), (WayTotal("orange_money", 1000, 0),))
    told = till_answers.session(session)
    assert (told["sales"], told["taken_out_minor"], told["expected_minor"]) == (2, -2500, 10_500)
    assert told["by_method"] == [("cash", 3000), ("orange_money", 1000)]
    assert told["other_ways"] == [("orange_money", 1000)]
    closed = close(session, 10_400, note="il manque 100")
    assert (closed.expected_minor, closed.difference_minor, closed.note) == (10_500, -100, "il manque 100")
    assert AuditLog.objects.get(action="store.till.closed").after["difference_minor"] == -100


def test_what_should_be_in_the_drawer_is_the_sum_that_is_shown(tenant: Tenant, django_assert_num_queries: Any) -> None:
    session = make_session(opening=5_000)
    [cloth] = make_variants(9, price_minor=1_000)
    order = sell(session, sold_line(cloth, 3)).order
    assert order is not None
    [line] = order.lines.all()
    take_back(session, order, {line.pk: 1})
    for amount in (-700, 200, 300):
        till.move_cash(session_id=session.pk, key=uuid.uuid4(), amount_minor=amount, reason="monnaie", by=owner())
    with django_assert_num_queries(3):
        told = till_answers.session(session)
    parts = [told[f"{name}_minor"] for name in ("opening", "cash_taken", "cash_back", "put_in", "taken_out")]
    assert parts == [5_000, 3_000, -1_000, 500, -700]
    assert (sum(parts), told["other_ways"]) == (told["expected_minor"], [])


def test_closing_twice_with_the_same_count_is_once_and_with_another_is_refused(tenant: Tenant) -> None:
    session = make_session()
    first = close(session, 10_000)
    assert close(session, 10_000).closed_at == first.closed_at
    with pytest.raises(DomainError) as caught:
        close(session, 9_000)
    assert caught.value.code == "session_closed"
    assert AuditLog.objects.filter(action="store.till.closed").count() == 1


def test_a_till_is_not_closed_while_its_device_has_unsent_sales(tenant: Tenant) -> None:
    session = make_session()
    with pytest.raises(DomainError) as caught:
        till.close_session(session_id=session.pk, counted_minor=10_000, unsent=3, by=owner())
    assert caught.value.code == "sales_unsent"
    assert "3" in str(caught.value)
    session.refresh_from_db()
    assert session.is_open


def test_a_register_has_one_open_session_and_the_same_key_opens_it_once(tenant: Tenant) -> None:
    register, key = make_register(), uuid.uuid4()
    first = till.open_session(register=register, key=key, opening_minor=5, by=owner())
    assert till.open_session(register=register, key=key, opening_minor=5, by=owner()).pk == first.pk
    with pytest.raises(DomainError) as caught:
        till.open_session(register=register, key=uuid.uuid4(), opening_minor=5, by=owner())
    assert caught.value.code == "session_open"
    with pytest.raises(IntegrityError), transaction.atomic():
        TillSession.objects.create(register=register, opening_minor=0)
    close(first, 5)
    assert till.open_session(register=register, key=uuid.uuid4(), opening_minor=5, by=owner()).is_open


@pytest.mark.parametrize("amount", [-1, 10**13])
def test_a_till_opens_with_a_possible_amount(tenant: Tenant, amount: int) -> None:
    with pytest.raises(DomainError) as caught:
        make_session(opening=amount)
    assert caught.value.field == "opening_minor"
    assert not TillSession.objects.exists()


def test_no_more_cash_leaves_a_till_than_should_be_in_it(tenant: Tenant) -> None:
    session = make_session(opening=1000)
    for amount, reason, code in (
        (-1001, "Taxi", "cash_missing"),
        (0, "Taxi", "amount_invalid"),
        (5, " ", "reason_missing"),
    ):
        with pytest.raises(DomainError) as caught:
            till.move_cash(session_id=session.pk, key=uuid.uuid4(), amount_minor=amount, reason=reason, by=owner())
        assert caught.value.code == code
    assert not session.moves.exists()
    key = uuid.uuid4()
    for _time in range(2):
        till.move_cash(session_id=session.pk, key=key, amount_minor=-1000, reason="Banque", by=owner())
    assert session.moves.count() == 1


def test_a_register_that_is_open_is_neither_moved_nor_put_away(tenant: Tenant) -> None:
    session = make_session()
    register = session.register
    with pytest.raises(DomainError) as caught:
        till.change_register(register=register, details=RegisterDetails("Caisse 1", register.location, is_active=False))
    assert caught.value.code == "session_open"
    renamed = till.change_register(register=register, details=RegisterDetails("Entrée", register.location))
    assert renamed.name == "Entrée"
    with pytest.raises(DomainError) as caught:
        make_register("entrée")
    assert (caught.value.code, caught.value.field) == ("name_taken", "name")


def take_back(session: TillSession, order: Order, pieces: dict[int, int], **changes: object) -> Return:
    values = {"key": uuid.uuid4(), "method": "cash", "reason": "taille", "restock": True, "by": owner(), **changes}
    return take_back_at_till(session_id=session.pk, order_id=order.pk, pieces=pieces, **values)


def test_goods_come_back_for_exactly_what_was_paid(tenant: Tenant) -> None:
    session = make_session(opening=0)
    [cloth] = make_variants(9, price_minor=1000)
    order = sell(session, sold_line(cloth, 3, discount_minor=1000, reason="x")).order
    assert order is not None
    given = 0
    for line in order.lines.all():
        given += take_back(session, order, {line.pk: line.quantity}).amount_minor or 0
    assert given == 2000
    order.refresh_from_db()
    assert (order.paid_minor, order.refunded_minor) == (2000, 2000)
    assert levels_of(cloth) == [(9, 0, 0)]
    assert drawer_of(session).expected_minor == 0
    assert TillPayment.objects.filter(amount_minor__lt=0).count() == 2


def test_no_more_comes_back_than_was_sold_and_a_return_sent_twice_is_one(tenant: Tenant) -> None:
    session = make_session()
    [cloth] = make_variants(9, price_minor=1000)
    order = sell(session, sold_line(cloth, 2)).order
    assert order is not None
    [line] = order.lines.all()
    key = uuid.uuid4()
    for _time in range(2):
        take_back(session, order, {line.pk: 1}, key=key, restock=False, method="wave")
    assert levels_of(cloth) == [(7, 0, 0)]
    for pieces, code in (({line.pk: 2}, "pieces_too_many"), ({line.pk: 0}, "pieces_none"), ({999: 1}, "pieces_none")):
        with pytest.raises(DomainError) as caught:
            take_back(session, order, pieces)
        assert caught.value.code == code
    order.refresh_from_db()
    assert (order.refunded_minor, Return.objects.count()) == (1000, 1)
    assert till_answers.session(session)["by_method"] == [("cash", 2000), ("wave", -1000)]


def test_what_was_ordered_online_is_not_taken_back_at_the_till(tenant: Tenant) -> None:
    session = make_session()
    [cloth] = make_variants(9, price_minor=1000)
    order = make_order((cloth, 1))
    with pytest.raises(DomainError) as caught:
        take_back(session, order, {order.lines.get().pk: 1})
    assert caught.value.code == "not_a_till_sale"


def test_why_cash_was_moved_is_said_in_as_many_words_as_are_kept(tenant: Tenant) -> None:
    session = make_session()
    said = {"session_id": session.pk, "amount_minor": 5, "by": owner()}
    till.move_cash(key=uuid.uuid4(), reason=f" {'x' * 200} ", **said)
    with pytest.raises(DomainError) as caught:
        till.move_cash(key=uuid.uuid4(), reason="x" * 201, **said)
    assert (caught.value.code, caught.value.field, "200" in str(caught.value)) == ("reason_long", "reason", True)
    assert session.moves.get().reason == "x" * 200
