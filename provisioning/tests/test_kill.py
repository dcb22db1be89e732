"""A worker killed at any point leaves a job that another finishes: one tenant, once, whole.

Failure cases (docs/failure-cases.md): Case 8.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from billing.models import Order
from provisioning.models import ProvisioningJob
from provisioning.services import jobs, steps
from shared_apps.accounts.models import User
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.models import Domain, Membership, Organisation
from shared_apps.outbox.services import drain
from tests.support.databases import ROOT, on_database
from tests.support.factories import make_order, pay_by_transfer

POINTS = [(name, when) for name, _ in steps.STEPS for when in ("before", "after")] + [("schema", "inside")]


def paid_job() -> ProvisioningJob:
    order = make_order(product="esxi")
    pay_by_transfer(order)
    drain()
    return ProvisioningJob.objects.get(order=order)


def run_and_kill(job: ProvisioningJob, step: str, when: str) -> None:
    name = connection.settings_dict["NAME"]
    environment = {
        **os.environ,
        "DATABASE_URL": on_database(os.environ["DATABASE_URL"], name),
        "APP_DATABASE_URL": on_database(os.environ["APP_DATABASE_URL"], name),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_worker", str(job.pk), step, when],
        env=environment, cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def let_lease_run_out(job: ProvisioningJob) -> None:
    ProvisioningJob.objects.filter(pk=job.pk).update(leased_until=timezone.now() - timedelta(seconds=1))


def assert_one_whole_tenant(order: Order) -> None:
    order.refresh_from_db()
    assert order.status == Order.Status.FULFILLED
    organisation = order.organisation
    assert organisation is not None
    assert organisation.status == Organisation.Status.ACTIVE
    assert Organisation.objects.filter(owner_id=order.user_id).count() == 1
    assert Domain.objects.filter(tenant=organisation, live_at__isnull=False).count() == 1
    assert Membership.objects.filter(organisation=organisation, role="owner").count() == 1
    assert Delivery.objects.filter(key=f"workspace-ready:{organisation.pk}").count() == 1
    with tenant_context(organisation):
        assert [user.platform_user_id for user in User.objects.all()] == [order.user_id]


@pytest.mark.parametrize(("step", "when"), POINTS)
def test_a_worker_killed_at_any_point_loses_and_doubles_nothing(committed_db, step, when) -> None:
    job = paid_job()
    run_and_kill(job, step, when)
    assert jobs.due_jobs() == [], "the dead worker's lease still holds"
    assert jobs.run(job.pk) is False
    let_lease_run_out(job)
    assert jobs.due_jobs() == [job.pk]
    assert jobs.run(job.pk) is True
    assert_one_whole_tenant(job.order)


def test_a_second_worker_killed_over_the_work_of_the_first_loses_nothing_either(committed_db) -> None:
    """Case 8: the schema is half made, then it is whole and its owner is missing, then a third worker ends it."""
    job = paid_job()
    for step, when in (("schema", "inside"), ("owner", "before")):
        run_and_kill(job, step, when)
        let_lease_run_out(job)
        assert jobs.due_jobs() == [job.pk]
    assert jobs.run(job.pk) is True
    assert_one_whole_tenant(job.order)


def test_every_step_can_be_repeated(committed_db) -> None:
    job = paid_job()
    for _name, do_step in steps.STEPS:
        do_step(job.order)
        do_step(job.order)
    assert jobs.run(job.pk) is True
    assert_one_whole_tenant(job.order)


def test_a_worker_that_lost_its_lease_stops(committed_db, monkeypatch) -> None:
    job = paid_job()
    whole = steps.STEPS

    def overtaken(order: Order) -> None:
        monkeypatch.setattr(steps, "STEPS", whole)
        let_lease_run_out(job)
        assert jobs.run(job.pk) is True, "another worker takes over and finishes"

    monkeypatch.setattr(steps, "STEPS", tuple((name, overtaken if name == "schema" else do) for name, do in whole))
    assert jobs.run(job.pk) is False
    assert_one_whole_tenant(job.order)
