"""The same sale from many sides at once is one sale; different ones share the stock and the numbers."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection

from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Order, OrderDay, Register, TillPayment, TillSale, TillSession
from tenant_apps.store.services import till, till_sales
from tenant_apps.store.services.till_sales import record_sale
from tenant_apps.store.tests.support import levels_of, make_variants
from tenant_apps.store.tests.till_support import make_register, make_session, owner, sale_of, sold_line
from tests.support.databases import on_database
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once, interrupted

pytestmark = pytest.mark.usefixtures("committed_db")
THREADS = 20


def prepared() -> tuple[Tenant, TillSession, Any]:
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    session = make_session()
    [cloth] = make_variants(10, price_minor=1000)
    return tenant, session, cloth


def send_twenty_times(tenant: Tenant, register: Register, payload: dict[str, Any], keys: list[uuid.UUID]) -> list[Any]:
    def act(number: int) -> Any:
        connection.set_tenant(tenant)
        return record_sale(register=register, uuid=keys[number], payload=payload, by=owner())

    answers = at_once(THREADS, act)
    connection.set_tenant(tenant)
    return answers


@pytest.mark.parametrize("offline", [False, True])
def test_one_sale_sent_by_twenty_threads_is_one_order(offline: bool) -> None:
    tenant, session, cloth = prepared()
    payload = sale_of(session, sold_line(cloth), offline=offline)
    answers = send_twenty_times(tenant, session.register, payload, [uuid.uuid4()] * THREADS)
    assert {type(answer) for answer in answers} == {TillSale}, answers
    assert len({answer.order_id for answer in answers}) == 1
    assert (Order.objects.count(), TillPayment.objects.count(), levels_of(cloth)) == (1, 1, [(9, 0, 0)])
    assert OrderDay.objects.get().last == 1


def test_without_the_guards_the_race_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: looking first and writing then, without lock and constraint, doubles the sale."""
    tenant, session, cloth = prepared()
    connection.close()
    owner_url = on_database(os.environ["DATABASE_URL"], connection.settings_dict["NAME"])
    with psycopg.connect(owner_url) as owners:
        owners.execute(f'ALTER TABLE "{tenant.schema_name}".store_tillsale DROP CONSTRAINT store_till_sale_once')

    def look_then_write(register, key, payload, sold, session, by, clock_error) -> TillSale:
        found = TillSale.objects.filter(register=register, uuid=key).first()
        time.sleep(0.3)
        return found or TillSale.objects.create(
            register=register, uuid=key, session=session, payload=payload, is_offline=False, sold_at=sold.sold_at
        )

    monkeypatch.setattr(till_sales, "_claim", look_then_write)
    monkeypatch.setattr(till_sales, "lock_session", lambda pk: TillSession.objects.get(pk=pk))
    payload = sale_of(session, sold_line(cloth))
    send_twenty_times(tenant, session.register, payload, [uuid.uuid4()] * THREADS)
    assert Order.objects.count() > 1


def test_twenty_online_sales_of_ten_pieces_sell_ten_and_number_them_without_a_gap() -> None:
    tenant, session, cloth = prepared()
    answers = send_twenty_times(
        tenant, session.register, sale_of(session, sold_line(cloth)), [uuid.uuid4() for _ in range(THREADS)]
    )
    assert sum(isinstance(answer, TillSale) for answer in answers) == 10
    assert {answer.code for answer in answers if isinstance(answer, DomainError)} == {"out_of_stock"}
    assert levels_of(cloth) == [(0, 0, 0)]
    numbers = sorted(Order.objects.values_list("number", flat=True))
    assert [number[-4:] for number in numbers] == [f"{n:04}" for n in range(1, 11)]


def test_a_till_that_closes_while_it_sells_counts_every_sale() -> None:
    tenant, session, cloth = prepared()

    def act(number: int) -> Any:
        connection.set_tenant(tenant)
        if number == 5:
            return till.close_session(session_id=session.pk, counted_minor=10_000, unsent=0, by=owner())
        payload = sale_of(session, sold_line(cloth), offline=True)
        return record_sale(register=session.register, uuid=uuid.uuid4(), payload=payload, by=owner())

    answers = at_once(12, act)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    connection.set_tenant(tenant)
    session.refresh_from_db()
    assert (session.expected_minor, session.difference_minor) == (21_000, -11_000)


def test_a_till_that_is_opened_at_the_same_moment_is_not_put_away(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    register, by = make_register(), owner()
    away = till.RegisterDetails("Caisse 1", register.location, is_active=False)

    def in_tenant(act: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            connection.set_tenant(tenant)
            return act()

        return run

    # It is put away after the session was made, and before that is committed.
    opened, refused = interrupted(
        monkeypatch, till, "record",
        first=in_tenant(lambda: till.open_session(register=register, key=uuid.uuid4(), opening_minor=5, by=by)),
        then=in_tenant(lambda: till.change_register(register=register, details=away)),
    )  # fmt: skip
    connection.set_tenant(tenant)
    assert (opened.is_open, refused.code) == (True, "session_open")
    assert Register.objects.get().is_active
