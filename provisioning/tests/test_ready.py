"""Schemas made ahead: taken once, never left behind, never missed when there is none."""

from __future__ import annotations

from collections import Counter
from threading import Barrier

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.db.models import QuerySet

from provisioning.database import owner_connection
from provisioning.models import ReadySchema
from provisioning.services import jobs, ready, schemas
from provisioning.tests.test_kill import assert_one_whole_tenant, let_lease_run_out, paid_job, run_and_kill
from shared_apps.core.roles import role_of
from shared_apps.organisations.models import Organisation, schema_name_of
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def _two_of_each(settings) -> None:
    settings.READY_SCHEMAS = 2


def exists(schema_name: str) -> tuple[bool, bool]:
    """Whether the schema is there, and its role."""
    with owner_connection() as owner:
        row = owner.execute(
            "SELECT to_regnamespace(%s) IS NOT NULL, to_regrole(%s) IS NOT NULL", [schema_name, role_of(schema_name)]
        ).fetchone()
    assert row
    return row


def tenant_schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t[0-9a-f]{32}$'")
        return {name for (name,) in cursor.fetchall()}


def accounted_for() -> set[str]:
    """Every schema that belongs to an organisation or stands ready."""
    ids = [*ReadySchema.objects.values_list("pk", flat=True), *Organisation.objects.values_list("pk", flat=True)]
    return {schema_name_of(pk) for pk in ids}


def test_so_many_of_every_product_stand_ready_and_no_more() -> None:
    assert ready.replenish() == 2 * len(django_settings.PRODUCTS)
    assert ready.replenish() == 0
    assert Counter(ReadySchema.objects.values_list("product", flat=True)) == dict.fromkeys(django_settings.PRODUCTS, 2)
    assert all(exists(schema_name_of(row.pk)) == (True, True) for row in ReadySchema.objects.all())
    assert tenant_schemas() == accounted_for()


def test_many_makers_at_once_make_no_more_than_wanted() -> None:
    at_once(6, lambda _number: ready.replenish())
    assert ReadySchema.objects.count() == 2 * len(django_settings.PRODUCTS)
    assert tenant_schemas() == accounted_for()


def test_a_paid_order_takes_a_ready_schema_and_makes_none(monkeypatch) -> None:
    ready.replenish()
    first = ReadySchema.objects.filter(product="esxi").earliest("created_at")
    job = paid_job()
    monkeypatch.setattr(schemas, "run_in_one_transaction", lambda *_: pytest.fail("a schema is being made"))
    assert jobs.run(job.pk) is True
    assert_one_whole_tenant(job.order)
    assert job.order.organisation.pk == first.pk
    assert not ReadySchema.objects.filter(pk=first.pk).exists()


def test_without_a_ready_schema_the_order_gets_one_made() -> None:
    ReadySchema.objects.all().delete()
    job = paid_job()
    assert jobs.run(job.pk) is True
    assert_one_whole_tenant(job.order)


def test_a_ready_schema_of_an_earlier_release_is_not_taken_but_dropped() -> None:
    ready.replenish()
    outdated = set(ReadySchema.objects.values_list("pk", flat=True))
    ReadySchema.objects.update(fingerprint="earlier")
    with transaction.atomic():
        assert ready.take("esxi") is None
    assert ready.replenish() == len(outdated)
    assert ready.drop_outdated() == len(outdated)
    assert not outdated & set(ReadySchema.objects.values_list("pk", flat=True))
    assert all(exists(schema_name_of(pk)) == (False, False) for pk in outdated)
    assert tenant_schemas() == accounted_for()


def test_a_schema_is_put_back_when_the_organisation_is_not_made() -> None:
    ready.replenish()
    before = set(ReadySchema.objects.values_list("pk", flat=True))
    with transaction.atomic():
        assert ready.take("store") in before
        transaction.set_rollback(True)
    assert set(ReadySchema.objects.values_list("pk", flat=True)) == before


def test_a_crash_while_making_one_leaves_nothing(monkeypatch) -> None:
    def half(_owner, _name) -> list[str]:
        return ["SELECT 1 / 0"]

    before = tenant_schemas()
    monkeypatch.setattr(schemas, "grant_schema", half)
    with pytest.raises(Exception, match="division by zero"):
        ready.replenish()
    assert (tenant_schemas(), ReadySchema.objects.count()) == (before, 0)


def taken_by_threads(count: int) -> list[object]:
    def take(_number: int) -> object:
        with transaction.atomic():
            return ready.take("store")

    return at_once(count, take)


def test_ten_takers_of_two_get_each_one_once() -> None:
    ready.replenish()
    standing = set(ReadySchema.objects.filter(product="store").values_list("pk", flat=True))
    taken = taken_by_threads(10)
    assert Counter(taken) == {**dict.fromkeys(standing, 1), None: 8}


def test_without_the_lock_two_takers_get_the_same_one(monkeypatch) -> None:
    """The race that the test above would miss if it could not happen here."""
    ready.replenish()
    both_have_read = Barrier(2, timeout=30)
    delete = ReadySchema.delete

    def delete_later(self: ReadySchema) -> object:
        both_have_read.wait()
        return delete(self)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_options: self)
    monkeypatch.setattr(ReadySchema, "delete", delete_later)
    first, second = taken_by_threads(2)
    assert first is not None
    assert first == second


@pytest.mark.parametrize(("step", "when"), [("organisation", "after"), ("schema", "before")])
def test_a_worker_killed_with_a_ready_schema_in_hand_loses_nothing(step, when) -> None:
    ready.replenish()
    job = paid_job()
    run_and_kill(job, step, when)
    let_lease_run_out(job)
    assert jobs.run(job.pk) is True
    assert_one_whole_tenant(job.order)
    assert tenant_schemas() == accounted_for()
