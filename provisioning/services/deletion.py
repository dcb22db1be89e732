"""The end of a tenant: its schema, its role, its files and its hosts go. What the platform keeps of it stays.

The outbox calls it, and calls it again until it has come to its end: every step looks at what is there and does the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg

from billing.models import Subscription
from provisioning.database import owner_connection, quoted
from provisioning.services.schemas import schema_exists
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.roles import role_of
from shared_apps.core.storage import delete_all_files
from shared_apps.organisations.current import announce_change
from shared_apps.organisations.models import Domain, Organisation, schema_name_of

# A request that is still running in the schema is waited for so long; then the outbox tries again later.
PATIENCE = "5s"
_SCHEMA_NAME = re.compile(r"t[0-9a-f]{32}")


class NotToBeDeleted(Exception):
    """The organisation is not what a deleted subscription leaves behind: nothing is touched, and somebody must look."""


def on_subscription_deleted(payload: dict[str, Any]) -> None:
    """Outbox handler: delete what a tenant has of its own. In the caller's transaction, which locks the organisation's row
    here; schema and role go by the owner's connection in a transaction of theirs. May be repeated from any step.

    Raises NotToBeDeleted for an organisation that lives, and psycopg.Error while somebody still uses the schema.
    """
    organisation = Organisation.objects.select_for_update(of=("self",)).get(pk=payload["organisation"])
    _check_is_over(organisation)
    for _name, delete in STEPS:
        delete(organisation)


def drop_schema(organisation: Organisation) -> None:
    """Schema and role, in one transaction by the owner's connection, unless they have gone."""
    schema, role = organisation.schema_name, role_of(organisation.schema_name)
    with owner_connection() as owner, owner.transaction():
        owner.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'".encode())
        if schema_exists(owner, schema):
            owner.execute(f"DROP SCHEMA {quoted(owner, schema)} CASCADE".encode())
        if _role_exists(owner, role):
            owner.execute(f"DROP ROLE {quoted(owner, role)}".encode())


def delete_files(organisation: Organisation) -> None:
    """Everything below the tenant's own directory."""
    delete_all_files(schema_name=organisation.schema_name)


def free_hosts(organisation: Organisation) -> None:
    """Its names may be taken by others; the last step, when nothing of it is left to be reached. Part of the caller's transaction."""
    hosts = Domain.objects.filter(tenant=organisation)
    names = list(hosts.order_by("domain").values_list("domain", flat=True))
    if not names:
        return
    hosts.delete()
    record(
        action="organisation.data_deleted",
        category=AuditCategory.ORGANISATION,
        resource=organisation,
        before={"hosts": names},
    )
    announce_change()


STEPS: tuple[tuple[str, Callable[[Organisation], None]], ...] = (
    ("schema", drop_schema),
    ("files", delete_files),
    ("hosts", free_hosts),
)


def _check_is_over(organisation: Organisation) -> None:
    """Raise unless everything says that it is this tenant, and that it is over."""
    deleted = Subscription.objects.filter(organisation=organisation, status=Subscription.Status.DELETED).exists()
    closed = organisation.status == Organisation.Status.CLOSED
    own_name = organisation.schema_name == schema_name_of(organisation.pk)
    if not (deleted and closed and own_name and _SCHEMA_NAME.fullmatch(organisation.schema_name)):
        raise NotToBeDeleted(str(organisation.pk))


def _role_exists(owner: psycopg.Connection, role: str) -> bool:
    row = owner.execute("SELECT to_regrole(%s) IS NOT NULL", [f'"{role}"']).fetchone()
    return bool(row and row[0])
