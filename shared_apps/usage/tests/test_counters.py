"""One counter after another: starting, taking, giving back, mending."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery import current_app
from django.db import IntegrityError, transaction
from structlog.testing import capture_logs

from shared_apps.audit.models import AuditLog
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from shared_apps.usage import services, tasks
from shared_apps.usage.counted import Monthly, Total
from shared_apps.usage.models import UsageCounter
from shared_apps.usage.selectors import counted_now
from tenant_apps.store import selectors
from tenant_apps.store.models import Product
from tenant_apps.store.services import delete_product
from tenant_apps.store.tests.support import make_product
from tests.support.tenants import ready_tenant

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DOUALA = ZoneInfo("Africa/Douala")  # an hour ahead of UTC


def take(amount: int = 1, *, name: str = "products", at_most: int | None = None, at: datetime = NOW) -> int | None:
    counter = services.take(name=name, amount=amount, at_most=at_most, at=at)
    return counter.used if counter else None


def give_back(amount: int = 1, *, name: str = "products", at: datetime = NOW) -> None:
    services.give_back(name=name, amount=amount, at=at)


def counter() -> UsageCounter:
    return UsageCounter.objects.get(name="products")


def test_taking_and_giving_back(tenant: Tenant) -> None:
    assert [take(), take(3), take(2, at_most=6)] == [1, 4, 6]
    assert take(at_most=6) is None
    assert counter().used == 6
    give_back(2)
    assert take(2, at_most=6) == 6


def test_it_is_one_statement_when_the_counter_is_there(tenant: Tenant, django_assert_num_queries) -> None:
    take()
    with django_assert_num_queries(1):
        take(at_most=100)
    with django_assert_num_queries(1):
        give_back()


def test_a_roll_back_gives_back_what_was_taken_and_the_start_too(tenant: Tenant) -> None:
    for there in (False, True):
        with transaction.atomic():
            take(5)
            transaction.set_rollback(True)
        assert UsageCounter.objects.filter(name="products").exists() == there
        take(1)
    assert counter().used == 2


def test_a_counter_that_is_not_there_starts_from_the_truth(tenant: Tenant) -> None:
    made = [make_product(name) for name in ("Un", "Deux", "Trois")]
    for act, left in ((lambda: take(at_most=3), 3), (lambda: take(), 4), (lambda: give_back(), 2)):
        UsageCounter.objects.all().delete()
        act()
        assert counter().used == left
    UsageCounter.objects.all().delete()
    delete_product(product=made[0])
    assert counter().used == 2


def test_it_never_falls_below_nothing_and_says_so(tenant: Tenant) -> None:
    take(2)
    with capture_logs() as logs:
        give_back(3)
    assert counter().used == 0
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("usage below nothing", "error")]
    for change in ({"used": -1}, {"period": "2026-13"}, {"period": "now"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            UsageCounter.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        UsageCounter.objects.create(name="products", period="", used=0)


def test_what_the_product_does_not_count_and_strange_amounts_are_errors(tenant: Tenant) -> None:
    with pytest.raises(KeyError):
        take(name="prodcuts")
    for amount in (0, -1):
        with pytest.raises(ValueError, match="products"):
            take(amount)


@pytest.mark.parametrize("tenant", ["esxi-a"], indirect=True)
def test_a_month_begins_at_midnight_in_the_platforms_zone(tenant: Tenant, settings) -> None:
    settings.TIME_ZONE = "Africa/Douala"
    last = datetime(2026, 11, 30, 22, 59, tzinfo=UTC)
    assert take(100, name="backups_per_month", at_most=100, at=last) == 100
    assert take(name="backups_per_month", at_most=100, at=last) is None
    assert take(name="backups_per_month", at_most=100, at=last + timedelta(minutes=1)) == 1
    assert dict(UsageCounter.objects.filter(name__startswith="b").values_list("period", "used")) == {
        "2026-11": 100,
        "2026-12": 1,
    }
    assert counted_now(at=last)["backups_per_month"] == 100
    give_back(name="backups_per_month", at=last)
    assert counted_now(at=last)["backups_per_month"] == 99
    assert counted_now(at=last + timedelta(days=60))["backups_per_month"] == 0


@pytest.mark.parametrize(
    ("at", "first", "following"),
    [
        (datetime(2026, 2, 28, 22, 59, tzinfo=UTC), date(2026, 2, 1), date(2026, 3, 1)),
        (datetime(2026, 2, 28, 23, 0, tzinfo=UTC), date(2026, 3, 1), date(2026, 4, 1)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1), date(2027, 2, 1)),
    ],
)
def test_the_truth_of_a_month_is_asked_for_its_own_bounds(at, first, following) -> None:
    asked: list[tuple[datetime, datetime]] = []
    monthly = Monthly(lambda since, until: asked.append((since, until)) or 7, zone=lambda: DOUALA)
    assert monthly.truth(at) == 7
    assert asked == [tuple(datetime.combine(day, time(), DOUALA) for day in (first, following))]
    assert monthly.period(at) == f"{first:%Y-%m}"
    assert Total(lambda: 3).period(at) == ""


def test_reading_is_one_query_and_counts_what_has_no_counter_yet(tenant: Tenant, django_assert_num_queries) -> None:
    make_product("Un")
    UsageCounter.objects.all().delete()
    assert counted_now() == {"products": 1, "users": 1, "storage_gb": 0}
    assert not UsageCounter.objects.exists()
    services.recount()
    with django_assert_num_queries(1):
        assert counted_now() == {"products": 1, "users": 1, "storage_gb": 0}


def test_a_wrong_counter_is_mended_logged_and_audited(tenant: Tenant) -> None:
    make_product("Un")
    assert services.recount() == 0
    UsageCounter.objects.filter(name="products").update(used=7)
    with capture_logs() as logs:
        assert services.recount() == 1
    assert counter().used == 1
    [entry] = logs
    assert (entry["log_level"], entry["quota"], entry["counted"], entry["truth"]) == ("error", "products", 7, 1)
    audited = AuditLog.objects.get(action="usage.mended")
    assert (audited.level, audited.before["used"], audited.after["used"]) == ("error", 7, 1)
    assert audited.resource_id == str(counter().pk)
    assert services.recount() == 0


def test_every_night_all_tenants_are_mended_and_one_that_cannot_be_stops_no_other(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = [ready_tenant("store-a"), ready_tenant("store-b"), ready_tenant("esxi-b")]
    for one in wrong:
        connection.set_tenant(one)
        services.recount()
        UsageCounter.objects.filter(name="users").update(used=9)
    connection.set_schema_to_public()

    def break_in_one() -> int:
        if connection.schema_name == wrong[0].schema_name:
            raise ZeroDivisionError
        return Product.objects.count()

    monkeypatch.setitem(selectors.COUNTED, "products", Total(break_in_one))
    assert tasks.recount.run() == 2
    monkeypatch.undo()
    assert tasks.recount.run() == 1
    assert connection.schema_name == "public"
    assert "shared_apps.usage.tasks.recount" in {entry["task"] for entry in current_app.conf.beat_schedule.values()}
