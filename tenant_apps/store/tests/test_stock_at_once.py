"""Many buyers at the same moment: what is there is sold once, nobody waits in a circle, and the race is real without the locks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from shared_apps.core.errors import Conflict, DomainError
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Hold, Location, Movement, Order, Product, StockLevel, Variant
from tenant_apps.store.services import holds, places, stock, stock_levels
from tenant_apps.store.tests.support import levels_of, make_order, make_place, make_variants
from tests.support.databases import on_database
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once, interrupted

pytestmark = pytest.mark.usefixtures("committed_db", "wide_pool")
PEOPLE = 60
PIECES = 20
# As many as have a database connection each, when all must have read before one writes.
READERS = 8


def soon() -> datetime:
    return timezone.now() + timedelta(minutes=15)


def shop() -> Location:
    return Location.objects.order_by("position", "pk")[0]


@pytest.fixture
def tenant(committed_db: None, wide_pool: None) -> Tenant:
    chosen = ready_tenant("store-a")
    connection.set_tenant(chosen)
    return chosen


def in_tenant(tenant: Tenant, act: Callable[[int], Any]) -> Callable[[int], Any]:
    def run(number: int) -> Any:
        connection.set_tenant(tenant)
        return act(number)

    return run


def with_order_locked(order: Order, act: Callable[[Order], Any]) -> Any:
    """As callers of the stock do it."""
    with transaction.atomic():
        return act(Order.objects.select_for_update().get(pk=order.pk))


def hold(order: Order) -> str:
    try:
        with_order_locked(order, lambda locked: stock.hold(order=locked, until=soon()))
    except DomainError as error:
        return error.code
    except IntegrityError:
        return "constraint"
    return "held"


def turned(variants: list[Variant], number: int) -> list[tuple[Variant, int]]:
    """One of each, beginning with another one each time, forwards or backwards."""
    first = number % len(variants)
    order = [*variants[first:], *variants[:first]]
    return [(one, 1) for one in (order if number % 2 else reversed(order))]


def check_ledger() -> None:
    """Every level is the sum of its movements and of its holds, and its movements follow one another."""
    for level in StockLevel.objects.all():
        lines = list(Movement.objects.filter(level=level).order_by("pk").values_list("before", "quantity", "after"))
        assert level.quantity == sum(quantity for _before, quantity, _after in lines)
        assert [line[0] for line in lines] == [0, *(line[2] for line in lines)][:-1]
        assert level.reserved == sum(Hold.objects.filter(level=level).values_list("quantity", flat=True))


def test_sixty_buyers_of_twenty_pieces_in_different_orders_get_exactly_those(tenant: Tenant) -> None:
    variants = make_variants(15, "Pagne", "Robe", "Jupe", "Boubou")
    depot = make_place()
    stock.receive_all(location=depot, pieces={variant.pk: PIECES - 15 for variant in variants})
    orders = [make_order(*turned(variants, number)) for number in range(PEOPLE)]

    def buy(number: int) -> str:
        answer = hold(orders[number])
        if answer == "held":
            assert with_order_locked(orders[number], lambda order: stock.sell(order=order)) == []
        return answer

    answers = at_once(PEOPLE, in_tenant(tenant, buy))
    connection.set_tenant(tenant)
    assert sorted(answers) == ["held"] * PIECES + ["out_of_stock"] * (PEOPLE - PIECES)
    assert all(levels_of(variant) == [(0, 0, 0), (0, 0, 0)] for variant in variants)
    assert Movement.objects.filter(action="sold").aggregate(all=Sum("quantity"))["all"] == -PIECES * len(variants)
    assert not Product.objects.filter(is_available=True).exists()
    check_ledger()


def everybody_reads_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels are read without a lock, and nobody writes before all have read."""
    all_have_read = threading.Barrier(READERS)

    def unlocked(wanted: Q) -> list[StockLevel]:
        levels = list(StockLevel.objects.filter(wanted).order_by("pk"))
        all_have_read.wait(timeout=20)
        return levels

    monkeypatch.setattr(holds, "lock_levels", unlocked)


def without_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The UPDATE asks nothing."""
    start, end = stock_levels._CHANGE.index("AND ("), stock_levels._CHANGE.index("RETURNING")
    monkeypatch.setattr(stock_levels, "_CHANGE", stock_levels._CHANGE[:start] + stock_levels._CHANGE[end:])


def without_constraint(tenant: Tenant) -> None:
    name = connection.settings_dict["NAME"]
    with psycopg.connect(on_database(os.environ["DATABASE_URL"], name), autocommit=True) as owner:
        table = f'"{tenant.schema_name}".store_stocklevel'
        owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT store_level_never_oversold")


def rush_for_two_pieces(tenant: Tenant) -> tuple[list[str], int]:
    """READERS want one each of a variant of which two are there: what each was told, and how many are promised."""
    variants = make_variants(2, "Pagne", "Robe")
    orders = [make_order(*turned(variants, 1)) for number in range(READERS)]
    answers = at_once(READERS, in_tenant(tenant, lambda number: hold(orders[number])))
    connection.set_tenant(tenant)
    promised = {level.reserved for level in StockLevel.objects.all()}
    assert len(promised) == 1
    return answers, promised.pop()


def test_without_the_lock_the_guard_alone_lets_nobody_too_many_in(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody_reads_first(monkeypatch)
    answers, promised = rush_for_two_pieces(tenant)
    assert sorted(answers) == ["held"] * 2 + ["stock_changed"] * (READERS - 2)
    assert promised == 2


def test_without_lock_and_guard_the_constraint_lets_nobody_too_many_in(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody_reads_first(monkeypatch)
    without_guard(monkeypatch)
    answers, promised = rush_for_two_pieces(tenant)
    assert sorted(answers) == ["constraint"] * (READERS - 2) + ["held"] * 2
    assert promised == 2


def test_without_all_three_more_is_sold_than_there_is(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race that lock, guard and constraint prevent is real."""
    everybody_reads_first(monkeypatch)
    without_guard(monkeypatch)
    without_constraint(tenant)
    answers, promised = rush_for_two_pieces(tenant)
    assert answers == ["held"] * READERS
    assert promised == READERS > 2


def test_locking_level_by_level_in_the_order_of_the_lines_would_end_in_a_deadlock(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control for the order of ids: two buyers who take them one by one, each the other way round."""
    first, second = make_variants(5, "Pagne", "Robe")
    both_have_one = threading.Barrier(2)
    orders = [make_order((first, 1), (second, 1)), make_order((second, 1), (first, 1))]
    asked: dict[int, list[int]] = {
        threads: [StockLevel.objects.get(variant=one).pk for one in pair]
        for threads, pair in enumerate([(first, second), (second, first)])
    }
    mine = threading.local()

    def one_by_one(wanted: Q) -> list[StockLevel]:
        one, other = asked[mine.number]
        levels = [StockLevel.objects.select_for_update().get(pk=one)]
        both_have_one.wait(timeout=20)
        return [*levels, StockLevel.objects.select_for_update().get(pk=other)]

    def buy(number: int) -> str:
        mine.number = number
        return hold(orders[number])

    monkeypatch.setattr(holds, "lock_levels", one_by_one)
    answers = at_once(2, in_tenant(tenant, buy))
    assert sorted(str(answer).split("\n")[0] for answer in answers) == ["deadlock detected", "held"]


def test_an_order_that_somebody_works_on_keeps_pieces_whose_time_is_over(tenant: Tenant) -> None:
    """It may be paid right now: nobody waits for it with levels locked, and nobody takes its pieces."""
    [pagne] = make_variants(1)
    late, new = make_order((pagne, 1)), make_order((pagne, 1))
    assert hold(late) == "held"
    Order.objects.filter(pk=late.pk).update(holds_until=timezone.now() - timedelta(seconds=1))
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=late.pk)
        assert at_once(1, in_tenant(tenant, lambda _number: hold(new))) == ["out_of_stock"]
        assert at_once(1, in_tenant(tenant, lambda _number: stock.end_expired_holds())) == [0]
        assert stock.sell(order=late) == []
    assert levels_of(pagne) == [(0, 0, 0)]


def test_buyers_who_take_over_what_is_over_at_once_share_it_exactly(tenant: Tenant) -> None:
    variants = make_variants(6, "Pagne", "Robe", "Jupe")
    late = [make_order(*turned(variants, number)) for number in range(6)]
    for order in late:
        assert hold(order) == "held"
    Order.objects.update(holds_until=timezone.now() - timedelta(seconds=1))
    new = [make_order(*turned(variants, number)) for number in range(20)]

    def act(number: int) -> Any:
        if number < 20:
            return hold(new[number])
        if number < 23:
            return stock.end_expired_holds()
        # Two of the late ones pay at last.
        return with_order_locked(late[number - 23], lambda order: stock.sell(order=order)) == []

    answers = at_once(25, in_tenant(tenant, act))
    connection.set_tenant(tenant)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    paid = answers[23:].count(True)
    # Whoever came while another took over may have been refused; what was refused is still there.
    assert answers[:20].count("held") + paid <= 6
    assert all(levels_of(variant)[0][0] == 6 - paid for variant in variants)
    stock.end_expired_holds()
    assert {levels_of(variant)[0][1] for variant in variants} == {answers[:20].count("held")}
    check_ledger()


def test_two_who_sell_the_last_pieces_of_two_variants_leave_the_product_unavailable(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    [medium] = make_variants(1)
    large = Variant.objects.create(product=medium.product, name="L", price_minor=15000, position=1)
    stock.receive(variant=large, location=shop(), quantity=1)

    def sell(variant: Variant) -> Callable[[], Any]:
        def act() -> Any:
            connection.set_tenant(tenant)
            return stock.sell_at(location=shop(), lines=[(variant, 1)], reference="T 1")

        return act

    # The second comes when the first has looked at the product, and before it commits.
    answers = interrupted(monkeypatch, stock_levels, "refresh_availability", first=sell(medium), then=sell(large))
    connection.set_tenant(tenant)
    assert answers == [[], []]
    assert not Product.objects.get().is_available


def test_a_place_that_is_closed_while_goods_arrive_holds_none(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    [pagne] = make_variants()
    depot = make_place()

    def close() -> Any:
        connection.set_tenant(tenant)
        return places.close_place(place=depot)

    def receive() -> Any:
        connection.set_tenant(tenant)
        return stock.receive(variant=pagne, location=depot, quantity=3)

    answers = interrupted(monkeypatch, places, "_check_may_close", first=close, then=receive)
    connection.set_tenant(tenant)
    assert isinstance(answers[1], DomainError)
    assert answers[1].code == "place_closed"
    assert levels_of(pagne) == []
    places.open_place(place=depot)
    answers = interrupted(monkeypatch, stock, "check_open", first=receive, then=close)
    connection.set_tenant(tenant)
    assert answers[0] is None
    assert isinstance(answers[1], DomainError)
    assert answers[1].code == "place_not_empty"
    assert Location.objects.get(pk=depot.pk).is_active


def test_everything_at_once_leaves_a_ledger_that_adds_up(tenant: Tenant) -> None:
    variants = make_variants(30, "Pagne", "Robe", "Jupe")
    depot = make_place()
    orders = [make_order(*turned(variants, number)) for number in range(40)]

    def act(number: int) -> Any:
        variant, other = variants[number % 3], variants[(number + 1) % 3]
        if number % 5 == 0:
            return stock.transfer(variant=variant, source=shop(), target=depot, quantity=1)
        if number % 5 == 1:
            return stock.receive_all(location=depot, pieces={variant.pk: 1, other.pk: 2})
        if number % 5 == 2:
            return stock.sell_at(location=shop(), lines=[(other, 1), (variant, 1)], reference="T", offline=True)
        if number % 5 == 3:
            return stock.count(location=shop(), counted={one.pk: 25 for one in reversed(variants)})
        return hold(orders[number])

    answers = at_once(40, in_tenant(tenant, act))
    connection.set_tenant(tenant)
    wrong = [one for one in answers if isinstance(one, Exception) and not isinstance(one, DomainError)]
    assert wrong == []
    assert not any(isinstance(answer, Conflict) for answer in answers)
    check_ledger()
    assert not StockLevel.objects.filter(reserved__gt=F("quantity") + F("overdrawn")).exists()
