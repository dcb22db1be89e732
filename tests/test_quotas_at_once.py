"""Many people using a plan up at the same moment, in each product."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.transaction import TransactionManagementError

from billing import quotas
from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import connection
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.current import Tenant
from shared_apps.usage import services as counters
from shared_apps.usage.counted import Total
from shared_apps.usage.models import UsageCounter
from tenant_apps.esxi import services as esxi
from tenant_apps.esxi.models import Server
from tenant_apps.esxi.tests.support import make_server
from tenant_apps.events import services as events
from tenant_apps.events.models import Event
from tenant_apps.events.tests.support import make_event
from tenant_apps.store import selectors
from tenant_apps.store import services as store
from tenant_apps.store.models import Product, Shop
from tenant_apps.store.services import products
from tenant_apps.store.tests.support import make_product
from tenant_apps.team.tests.support import with_quota
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once, interrupted

pytestmark = pytest.mark.usefixtures("committed_db")
LIMIT = 5
PEOPLE = 40


@dataclass(frozen=True)
class Case:
    """What a product limits, how one is made, how many there are, and the product's own lock."""

    product: str
    quota: str
    make: Callable[[int], Any]
    count: Callable[[], int]
    lock: tuple[Any, str]


def publish(number: int) -> Event:
    return events.publish_event(event=Event.objects.get(title=f"Soirée {number}"))


CASES = [
    Case("store", "products", lambda n: make_product(f"Pagne {n}"), lambda: Product.objects.count(), (products, "lock_shop")),
    Case(
        "events", "events_per_month", publish, lambda: Event.objects.filter(status="published").count(),
        (events, "lock_calendar"),
    ),
    Case("esxi", "esxi_servers", make_server, lambda: Server.objects.count(), (esxi, "lock_workspace")),
]  # fmt: skip
STORE = CASES[0]
every_product = pytest.mark.parametrize("case", CASES, ids=[case.product for case in CASES])


def tenant_of(case: Case) -> Tenant:
    """A tenant of the product, with drafts to publish where events are counted."""
    tenant = ready_tenant(f"{case.product}-a")
    connection.set_tenant(tenant)
    if case.product == "events":
        for number in range(PEOPLE):
            make_event(f"Soirée {number}", publish=False)
    return tenant


def without_own_lock(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the counter alone to answer for the limit."""
    module, name = case.lock
    single = {"store": Shop, "events": events.Calendar, "esxi": esxi.Workspace}[case.product]
    monkeypatch.setattr(module, name, lambda: single.objects.get())


def answers_of(people: int, act: Callable[[int], Any]) -> list[str]:
    """What each was told: "done", or why not."""
    answers = at_once(people, act)
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, DomainError):
            raise answer
    return [answer.code if isinstance(answer, DomainError) else "done" for answer in answers]


def make_all(case: Case, tenant: Tenant, people: int = PEOPLE) -> list[str]:
    """So many people make one each at once, where the plan has room for LIMIT."""

    def act(number: int) -> Any:
        with_quota(tenant, **{case.quota: LIMIT})
        return case.make(number)

    return answers_of(people, act)


def made_and_counted(case: Case, tenant: Tenant) -> tuple[int, int]:
    connection.set_tenant(tenant)
    return case.count(), UsageCounter.objects.get(name=case.quota).used


@every_product
@pytest.mark.parametrize("own_lock", [True, False], ids=["with the product's lock", "without it"])
def test_forty_people_at_once_get_exactly_what_the_plan_has(
    case: Case, own_lock: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not own_lock:
        without_own_lock(case, monkeypatch)
    tenant = tenant_of(case)
    answers = make_all(case, tenant)
    assert (answers.count("done"), answers.count("quota_reached")) == (LIMIT, PEOPLE - LIMIT)
    assert made_and_counted(case, tenant) == (LIMIT, LIMIT)


@every_product
def test_reading_before_writing_would_let_them_all_in(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the guarded statement the race is real. As many as have a database connection each."""
    people = LIMIT + 3
    everybody_has_read = threading.Barrier(people)

    def read_then_write(*, name: str, amount: int, at_most: int | None, **_: Any) -> UsageCounter | None:
        counter = UsageCounter.objects.get(name=name)
        if at_most is not None and counter.used + amount > at_most:
            return None
        everybody_has_read.wait(timeout=20)
        counter.used += amount
        counter.save()
        return counter

    tenant = tenant_of(case)
    UsageCounter.objects.filter(name=case.quota).delete()
    UsageCounter.objects.bulk_create([UsageCounter(name=case.quota, period="", used=0)])
    without_own_lock(case, monkeypatch)
    monkeypatch.setattr(counters, "take", read_then_write)
    assert make_all(case, tenant, people).count("done") == people > LIMIT
    assert made_and_counted(case, tenant) == (people, 1)


def test_a_counter_that_many_start_at_once_starts_from_the_truth_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace that is older than its counters."""
    without_own_lock(STORE, monkeypatch)
    tenant = tenant_of(STORE)
    for number in range(3):
        make_product(f"Ancien {number}")
    UsageCounter.objects.all().delete()
    slowly(monkeypatch, counters, "_start")
    answers = make_all(STORE, tenant, people=20)
    assert answers.count("done") == LIMIT - 3
    assert made_and_counted(STORE, tenant) == (LIMIT, LIMIT)


def test_one_who_starts_a_counter_and_fails_takes_nothing_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    without_own_lock(STORE, monkeypatch)
    tenant = tenant_of(STORE)
    make_product("Ancien")
    UsageCounter.objects.all().delete()
    slowly(monkeypatch, counters, "_start")

    def act(number: int) -> Any:
        with_quota(tenant, products=LIMIT)
        # Two in three are refused after they were counted: their reference is taken.
        return make_product(f"Pagne {number}", sku="" if number % 3 == 0 else "PRIS")

    connection.set_tenant(tenant)
    store.update_product(
        product=Product.objects.get(), details=store.ProductDetails("Ancien", (store.VariantDetails(1, sku="PRIS"),))
    )
    answers = answers_of(12, act)
    assert answers.count("done") == 4
    assert made_and_counted(STORE, tenant) == (5, 5)


def slowly(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Whoever calls it stays in its transaction a moment longer, so that others come in between."""
    original = getattr(module, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **kwargs)
        time.sleep(0.1)
        return answer

    monkeypatch.setattr(module, name, call)


def test_deleting_while_others_add_keeps_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    without_own_lock(STORE, monkeypatch)
    tenant = tenant_of(STORE)
    there = [make_product(f"Ancien {number}").pk for number in range(LIMIT)]

    def act(number: int) -> Any:
        with_quota(tenant, products=LIMIT)
        if number % 4 == 0:
            return store.delete_product(product=Product.objects.get(pk=there[number // 4]))
        return make_product(f"Pagne {number}")

    answers = answers_of(20, act)
    assert 5 <= answers.count("done") <= 10
    made, counted = made_and_counted(STORE, tenant)
    assert made == counted == answers.count("done") - 5 <= LIMIT


def test_twenty_people_who_pass_ninety_per_cent_at_once_cause_one_mail() -> None:
    tenant = ready_tenant("store-a")

    def act(number: int) -> Any:
        with_quota(tenant, products=20)
        return make_product(f"Pagne {number}")

    assert answers_of(20, act) == ["done"] * 20
    connection.set_tenant(tenant)
    [mail] = Delivery.objects.filter(template="quota_nearly_reached")
    assert (mail.recipient, mail.context["used"]) == ("owner-store-a@example.org", "18")


def test_tenants_count_apart() -> None:
    """Forty people in two tenants of one product: each has its own limit."""
    pair = [ready_tenant("store-a"), ready_tenant("store-b")]

    def act(number: int) -> Any:
        with_quota(pair[number % 2], products=LIMIT + number % 2)
        return make_product(f"Pagne {number}")

    answers = answers_of(PEOPLE, act)
    assert answers.count("done") == 2 * LIMIT + 1
    [shop_a, shop_b] = [made_and_counted(STORE, tenant) for tenant in pair]
    assert (shop_a, shop_b) == ((5, 5), (6, 6))


def test_mending_a_counter_misses_nobody_who_adds_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = tenant_of(STORE)
    make_product("Ancien")
    UsageCounter.objects.filter(name="products").update(used=9)
    # Mending stops after it has counted the rows, until the other waits for it or is done.
    rows = SimpleNamespace(count=selectors.product_count)
    monkeypatch.setitem(selectors.COUNTED, "products", Total(lambda: rows.count()))

    def mend() -> int:
        connection.set_tenant(tenant)
        return counters.recount()

    def add() -> Product:
        connection.set_tenant(tenant)
        return make_product("Nouveau")

    assert interrupted(monkeypatch, rows, "count", first=mend, then=add)[0] == 1
    assert made_and_counted(STORE, tenant) == (2, 2)


def test_counting_outside_a_transaction_is_refused() -> None:
    connection.set_tenant(ready_tenant("store-a"))
    for act in (lambda: quotas.reserve("products", message=""), lambda: quotas.release("products")):
        with pytest.raises(TransactionManagementError):
            act()
    assert quotas.usage()["products"] == 0
