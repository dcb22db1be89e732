"""A few schemas made ahead, so that a paid order does not wait for its own.

A ready schema already bears the name its organisation will have: taking it is deleting its row in the transaction that
creates the organisation. Nothing is renamed and nothing is used twice. When none is left, provisioning makes the schema
then, as it would without any.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings

from provisioning.database import owner_connection, quoted
from provisioning.models import ReadySchema
from provisioning.services.schemas import create_schema
from provisioning.services.templates import fingerprint
from shared_apps.core.roles import role_of
from shared_apps.organisations.models import schema_name_of

_ONE_MAKER = "SELECT pg_try_advisory_xact_lock(hashtext('provisioning.ready'))"
_COUNT = "SELECT count(*) FROM public.provisioning_readyschema WHERE product = %s AND fingerprint = %s"
_ADD = "INSERT INTO public.provisioning_readyschema (id, product, fingerprint) VALUES (%s, %s, %s)"
_LOCK_OUTDATED = """
    SELECT id FROM public.provisioning_readyschema
    WHERE product = %s AND fingerprint <> %s LIMIT 1 FOR UPDATE SKIP LOCKED
"""


def take(product: str) -> uuid.UUID | None:
    """The organisation id whose schema stands ready, now the caller's; None when there is none of this release.

    In the caller's transaction: locks one row (SKIP LOCKED) and deletes it; a rollback puts it back.
    """
    ready = (
        ReadySchema.objects.select_for_update(skip_locked=True)
        .filter(product=product, fingerprint=fingerprint(product))
        .order_by("created_at")
        .first()
    )
    if ready is None:
        return None
    organisation_id = ready.pk
    ready.delete()
    return organisation_id


def replenish() -> int:
    """Make what is missing until READY_SCHEMAS of every product stand ready; returns how many were made.

    By the owner's connection, one transaction a schema; while somebody else is making one, leaves it to them.
    """
    return _repeat(_make_one) if settings.READY_SCHEMAS else 0


def drop_outdated() -> int:
    """Drop what an earlier release left ready and nobody took; returns how many. One transaction a schema."""
    return _repeat(_drop_one)


def _repeat(step: Callable[[psycopg.Connection, str], bool]) -> int:
    """Do a step for every product, each until there is nothing left to do; how often it did something."""
    done = 0
    with owner_connection() as owner:
        for product in settings.PRODUCTS:
            while step(owner, product):
                done += 1
    return done


def _make_one(owner: psycopg.Connection, product: str) -> bool:
    """Schema and row in one transaction: a crash leaves neither."""
    release = fingerprint(product)
    with owner.transaction():
        if not _value(owner.execute(_ONE_MAKER)):
            return False
        if _value(owner.execute(_COUNT, [product, release])) >= settings.READY_SCHEMAS:
            return False
        organisation_id = uuid.uuid4()
        create_schema(owner, schema_name=schema_name_of(organisation_id), product=product)
        owner.execute(_ADD, [organisation_id, product, release])
    return True


def _drop_one(owner: psycopg.Connection, product: str) -> bool:
    with owner.transaction():
        organisation_id = _value(owner.execute(_LOCK_OUTDATED, [product, fingerprint(product)]))
        if organisation_id is None:
            return False
        name = schema_name_of(organisation_id)
        owner.execute(f"DROP SCHEMA {quoted(owner, name)} CASCADE".encode())
        owner.execute(f"DROP ROLE {quoted(owner, role_of(name))}".encode())
        owner.execute("DELETE FROM public.provisioning_readyschema WHERE id = %s", [organisation_id])
    return True


def _value(cursor: psycopg.Cursor) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None
