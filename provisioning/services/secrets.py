"""Sealing every secret again with the newest key, so that an old key can be taken out of the ring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django_tenants.utils import get_public_schema_name, tenant_context

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.secrets import Sealed, decrypt, encrypt, newest_key, sealed_places
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import as_tenant
from shared_apps.organisations.models import Organisation

BATCH = 100


def rotate_everywhere() -> Iterator[tuple[str, int]]:
    """Reseal in the public schema and in every tenant's; yields each schema with how many were resealed.

    May be stopped and started again: what is sealed with the newest key is left alone. Raises SecretUnreadable.
    """
    connection.set_schema_to_public()
    yield get_public_schema_name(), rotate_here("public")
    live = Organisation.objects.exclude(status=Organisation.Status.PROVISIONING).select_related("plan_version__plan")
    for organisation in live.order_by("created_at"):
        with tenant_context(as_tenant(organisation)):
            yield organisation.schema_name, rotate_here(organisation.product)


def rotate_here(tenant_type: str) -> int:
    """Reseal what the current schema keeps, a batch a transaction; returns how many."""
    apps = settings.TENANT_TYPES[tenant_type]["APPS"]
    return sum(
        _rotate(where)
        for where in sealed_places()
        if where.model._meta.app_config.name in apps  # other products' tables are not here
    )


def _rotate(where: Sealed) -> int:
    total = 0
    while done := _rotate_batch(where):
        total += done
    return total


@transaction.atomic
def _rotate_batch(where: Sealed) -> int:
    """Locks the rows of the batch: somebody who changes a secret meanwhile waits, and is not overwritten."""
    rows = list(_outdated(where).select_for_update()[:BATCH])
    for row in rows:
        _write(where, row, encrypt(decrypt(_read(where, row), place=where.place(row)), place=where.place(row)))
        row.save(update_fields=[where.field])
        record(action="secret.resealed", category=AuditCategory.SECURITY, resource=row, after={"key": newest_key()})
    return len(rows)


def _outdated(where: Sealed) -> QuerySet[Any]:
    column = f"{where.field}__{where.json_key}" if where.json_key else where.field
    there = Q(**{f"{where.field}__has_key": where.json_key}) if where.json_key else ~Q(**{column: ""})
    rows = where.model._default_manager.filter(there).exclude(**{f"{column}__startswith": f"{newest_key()}:"})
    return rows.order_by("pk")


def _read(where: Sealed, row: Any) -> str:
    value = getattr(row, where.field)
    return str(value[where.json_key] if where.json_key else value)


def _write(where: Sealed, row: Any, ciphertext: str) -> None:
    if where.json_key:
        getattr(row, where.field)[where.json_key] = ciphertext
    else:
        setattr(row, where.field, ciphertext)
