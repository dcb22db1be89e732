"""The end of a tenant: everything of its own goes, once, whoever is killed meanwhile; and nothing of anybody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from billing.models import Invoice, LedgerEntry, Order, Payment, Subscription
from billing.selectors import is_subdomain_taken
from billing.services.life import advance_subscriptions
from provisioning.database import owner_connection
from provisioning.services import deletion
from provisioning.services.deletion import NotToBeDeleted
from provisioning.services.schemas import schema_exists
from shared_apps.accounts.services.closing import check_may_close
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict
from shared_apps.core.roles import role_of
from shared_apps.core.storage import delete_all_files
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.current import forget_remembered_tenants
from shared_apps.organisations.models import Domain, Organisation
from shared_apps.outbox.models import OutboxMessage
from shared_apps.outbox.services import drain
from tests.support.databases import ROOT, on_database
from tests.support.factories import make_tenant, make_user
from tests.support.tenants import ready_tenant

POINTS = [(name, when) for name, _ in deletion.STEPS for when in ("before", "after")] + [("schema", "inside")]


@pytest.fixture
def tenant(committed_db: None, tmp_path: Path) -> Organisation:
    """A live tenant of its own, with a file."""
    organisation = make_tenant(product="esxi", subdomain="fin", owner=make_user())
    put_file(organisation.schema_name)
    return organisation


def put_file(schema_name: str) -> Path:
    path = Path(settings.MEDIA_ROOT) / schema_name / "photos" / "one.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    return path


def end(organisation: Organisation) -> Subscription:
    """Its subscription was cancelled long enough ago, and the clock strikes."""
    now = timezone.now()
    Subscription.objects.filter(organisation=organisation).update(
        status="cancelled", cancelled_at=now - timedelta(days=60), delete_after=now - timedelta(seconds=1)
    )
    assert advance_subscriptions() == 1
    return Subscription.objects.get(organisation=organisation)


def exists(organisation: Organisation) -> tuple[bool, bool]:
    with owner_connection() as owner:
        return schema_exists(owner, organisation.schema_name), deletion._role_exists(
            owner, role_of(organisation.schema_name)
        )


def assert_gone(organisation: Organisation) -> None:
    assert exists(organisation) == (False, False)
    assert not (Path(settings.MEDIA_ROOT) / organisation.schema_name).exists()
    assert not Domain.objects.filter(tenant=organisation).exists()
    assert not is_subdomain_taken("fin")
    assert AuditLog.objects.filter(action="organisation.data_deleted", resource_id=str(organisation.pk)).count() == 1


def test_what_is_deleted_goes_whole_and_the_books_stay(tenant: Organisation) -> None:
    other = ready_tenant("store-a")
    others_file = put_file(other.schema_name)
    before = [model.objects.count() for model in (Order, Payment, Invoice, LedgerEntry)]
    subscription = end(tenant)
    assert subscription.status == "deleted"
    assert exists(tenant) == (True, True), "nothing goes before the outbox says so"
    drain()
    assert_gone(tenant)
    assert [model.objects.count() for model in (Order, Payment, Invoice, LedgerEntry)] == before
    assert exists(Organisation.objects.get(pk=other.pk)) == (True, True)
    assert others_file.exists()
    forget_remembered_tenants()
    assert Client(HTTP_HOST="fin.localhost").get("/").status_code == 404
    assert Client(HTTP_HOST="store-a.localhost").get("/").status_code == 200
    assert Delivery.objects.filter(template="workspace_deleted").count() == 1


@pytest.mark.parametrize(("step", "when"), POINTS)
def test_a_worker_killed_at_any_point_leaves_it_to_the_next(tenant: Organisation, step: str, when: str) -> None:
    end(tenant)
    name = connection.settings_dict["NAME"]
    environment = {
        **os.environ,
        "DATABASE_URL": on_database(os.environ["DATABASE_URL"], name),
        "APP_DATABASE_URL": on_database(os.environ["APP_DATABASE_URL"], name),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_deletion", step, when],
        env=environment, cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert OutboxMessage.objects.filter(topic="subscription.deleted", done_at__isnull=True).count() == 1
    assert Domain.objects.filter(tenant=tenant).exists(), "its name is free only when nothing of it is left"
    drain()
    assert_gone(tenant)


def test_it_may_be_told_again(tenant: Organisation) -> None:
    end(tenant)
    drain()
    OutboxMessage.objects.filter(topic="subscription.deleted").update(done_at=None)
    drain()
    assert_gone(tenant)


def test_an_organisation_that_lives_is_never_touched(committed_db: None) -> None:
    living = Organisation.objects.get(pk=ready_tenant("esxi-a").pk)
    for status in ("active", "suspended", "closed"):
        Organisation.objects.filter(pk=living.pk).update(status=status)
        with pytest.raises(NotToBeDeleted):
            deletion._check_is_over(Organisation.objects.get(pk=living.pk))
    assert exists(living) == (True, True)


def test_a_schema_of_another_name_is_never_touched(tenant: Organisation) -> None:
    end(tenant)
    other = ready_tenant("esxi-b")
    Organisation.objects.filter(pk=other.pk).update(schema_name="t" + "0" * 32)
    Organisation.objects.filter(pk=tenant.pk).update(schema_name=other.schema_name)
    drain()
    message = OutboxMessage.objects.get(topic="subscription.deleted")
    assert message.done_at is None
    assert "NotToBeDeleted" in message.last_error
    with owner_connection() as owner:
        assert schema_exists(owner, other.schema_name)


@pytest.mark.parametrize("name", ["", ".", "..", "../elsewhere", "a/b", "/tmp"])
def test_files_outside_a_tenants_directory_are_never_deleted(name: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        delete_all_files(schema_name=name)


def test_the_only_owner_may_close_their_account_afterwards(tenant: Organisation) -> None:
    with pytest.raises(Conflict):
        check_may_close(tenant.owner)
    end(tenant)
    drain()
    check_may_close(tenant.owner)


def test_while_somebody_uses_the_schema_it_waits(tenant: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    end(tenant)
    monkeypatch.setattr(deletion, "PATIENCE", "100ms")
    with owner_connection() as busy, busy.transaction():
        busy.execute(f'LOCK TABLE "{tenant.schema_name}".accounts_user IN ACCESS SHARE MODE'.encode())
        drain()
    message = OutboxMessage.objects.get(topic="subscription.deleted")
    assert message.done_at is None
    assert exists(tenant) == (True, True)
    OutboxMessage.objects.update(available_at=timezone.now())
    drain()
    assert_gone(tenant)
