"""The same pieces given back at the till and on the order's page at once come back once."""

from __future__ import annotations

import os
import time
import uuid
from typing import Any

import psycopg
import pytest
from django.db import connection

from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Invoice, Location, Order, Return
from tenant_apps.store.rules.invoicing import Buyer
from tenant_apps.store.services import fulfilment, till_returns
from tenant_apps.store.services.fulfilment import take_back
from tenant_apps.store.services.till_invoices import issue_till_invoice
from tenant_apps.store.services.till_returns import take_back_at_till
from tenant_apps.store.tests.support import levels_of, make_variants
from tenant_apps.store.tests.till_support import make_session, owner, sell, sold_line
from tests.support.databases import on_database
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")
THREADS = 8


def prepared(*, pieces: int) -> tuple[Tenant, Order, Any]:
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    [cloth] = make_variants(10, price_minor=1000)
    order = sell(make_session(), sold_line(cloth, pieces)).order
    assert order is not None
    return tenant, order, cloth


def give_back_both_ways(tenant: Tenant, order: Order) -> list[Any]:
    """From half of the threads at the till, from the others on the order's page, a piece each."""
    session, line, place = order.till_sale.session_id, order.lines.get().pk, Location.objects.get()
    by = owner()

    def act(number: int) -> Any:
        connection.set_tenant(tenant)
        same = {"order_id": order.pk, "key": uuid.uuid4(), "pieces": {line: 1}, "reason": "taille", "by": by}
        if number % 2:
            return take_back(location=place, **same)
        return take_back_at_till(session_id=session, method="cash", restock=True, **same)

    answers = at_once(THREADS, act)
    connection.set_tenant(tenant)
    return answers


def test_the_same_piece_comes_back_once_whichever_way() -> None:
    tenant, order, cloth = prepared(pieces=3)
    answers = give_back_both_ways(tenant, order)
    assert sum(isinstance(answer, Return) for answer in answers) == 3
    assert {answer.code for answer in answers if isinstance(answer, DomainError)} == {"pieces_too_many"}
    assert sum(isinstance(answer, DomainError) for answer in answers) == THREADS - 3
    order.refresh_from_db()
    assert (order.lines.get().returned, levels_of(cloth)) == (3, [(10, 0, 0)])
    assert order.refunded_minor <= 3000


def test_without_the_lock_and_the_constraint_the_race_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: looking first and writing then lets one piece come back several times."""
    tenant, order, _cloth = prepared(pieces=1)
    connection.close()
    owner_url = on_database(os.environ["DATABASE_URL"], connection.settings_dict["NAME"])
    with psycopg.connect(owner_url) as owners:
        for table, name in (("orderline", "line_sent"), ("order", "never_overrefunded")):
            owners.execute(f'ALTER TABLE "{tenant.schema_name}".store_{table} DROP CONSTRAINT store_order_{name}')
    look = fulfilment.pieces_to_return

    def look_slowly(order: Order, pieces: dict[int, int]) -> Any:
        found = look(order, pieces)
        time.sleep(0.5)
        return found

    def unlocked(order_id: uuid.UUID) -> Order:
        return Order.objects.get(pk=order_id)

    for module in (fulfilment, till_returns):
        monkeypatch.setattr(module, "pieces_to_return", look_slowly)
        monkeypatch.setattr(module, "lock_order", unlocked)
    connection.set_tenant(tenant)
    answers = give_back_both_ways(tenant, order)
    assert sum(isinstance(answer, Return) for answer in answers) > 1
    assert order.lines.get().returned > 1


def test_an_invoice_asked_for_from_many_sides_is_one() -> None:
    tenant, order, _cloth = prepared(pieces=1)
    by = owner()

    def act(number: int) -> Any:
        connection.set_tenant(tenant)
        return issue_till_invoice(order_id=order.pk, buyer=Buyer(f"Awa {number}"), by=by)

    answers = at_once(THREADS, act)
    connection.set_tenant(tenant)
    assert {type(answer) for answer in answers} == {Invoice}, answers
    assert len({answer.number for answer in answers}) == 1
    assert Invoice.objects.count() == 1
