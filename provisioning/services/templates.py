"""Capturing the SQL that makes a tenant schema, once per release and product.

The SQL is what `migrate` sends while it builds a scratch schema, so constraint names are exact and no schema name is
inside; replaying it takes a fraction of the time that migrating does.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import sqlparse
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connection, router
from django.db.migrations.executor import MigrationExecutor
from django_tenants.utils import tenant_context

from provisioning.database import owner_connection, quoted, run_in_one_transaction
from provisioning.models import SchemaTemplate

_NOT_REPLAYED = re.compile(r"\s*(SELECT|SHOW|SAVEPOINT|RELEASE|ROLLBACK|SET ROLE|SET search_path)\b", re.IGNORECASE)
_CONCURRENTLY = re.compile(r"^(\s*CREATE (?:UNIQUE )?INDEX) CONCURRENTLY", re.IGNORECASE)


class CaptureNeedsOwner(RuntimeError):
    """Capturing runs migrations: it must be done with the owner's settings (BAOBAB_DB_ACCOUNT=owner)."""


class _ScratchTenant:
    """Just enough of a tenant for django-tenants' router to migrate a scratch schema of one product."""

    pk = None

    def __init__(self, product: str, schema_name: str) -> None:
        self.product = product
        self.schema_name = schema_name

    def get_tenant_type(self) -> str:
        return self.product


@cache
def fingerprint(product: str) -> str:
    """A hash of what makes the product's schema: its apps, and every migration file of every installed app."""
    digest = hashlib.sha256(json.dumps(settings.TENANT_TYPES[product]["APPS"]).encode())
    for config in sorted(apps.get_app_configs(), key=lambda config: config.label):
        for path in sorted(Path(config.path, "migrations").glob("*.py")):
            digest.update(f"{config.label}/{path.name}".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def build_template(*, product: str) -> SchemaTemplate:
    """Capture the product's schema unless this release's capture is there already. Needs the owner account.

    One transaction for the row; the scratch schema is dropped whatever happens. Two at once would share it: `set_up`
    holds a lock.
    """
    wanted = fingerprint(product)
    existing = SchemaTemplate.objects.filter(product=product, fingerprint=wanted).first()
    if existing:
        return existing
    if settings.DB_ACCOUNT != "owner":
        raise CaptureNeedsOwner(product)
    template, _ = SchemaTemplate.objects.get_or_create(
        product=product,
        fingerprint=wanted,
        defaults={"statements": _capture(product, scratch=f"scratch_{product}")},
    )
    return template


@cache
def template_statements(product: str) -> tuple[str, ...]:
    """The captured SQL of this release, remembered by the process; raises SchemaTemplate.DoesNotExist."""
    template = SchemaTemplate.objects.get(product=product, fingerprint=fingerprint(product))
    return tuple(template.statements)


def _capture(product: str, *, scratch: str) -> list[str]:
    recorder = _Recorder()
    with owner_connection() as owner, _scratch_schema(owner, scratch):
        tenant = _ScratchTenant(product, scratch)
        with tenant_context(tenant), connection.execute_wrapper(recorder):
            migrate_current_schema()
    return recorder.statements


def migrate_current_schema() -> None:
    """Migrate the current schema: its own apps, and all others only noted as done. Needs the owner account.

    They make nothing here, and following each step of theirs in Django's picture of the models takes most of the time.
    """
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    executor.migrate([leaf for leaf in graph.leaf_nodes() if router.allow_migrate(connection.alias, leaf[0])])
    for migration in sorted(graph.nodes.keys() - executor.recorder.applied_migrations().keys()):
        executor.recorder.record_applied(*migration)
    # Content types and permissions. Django's own command: django-tenants' would migrate the platform's schema.
    call_command(MigrateCommand(), verbosity=0, interactive=False, skip_checks=True)


@contextmanager
def _scratch_schema(owner: psycopg.Connection, name: str) -> Iterator[None]:
    schema = quoted(owner, name)
    run_in_one_transaction(owner, [f"DROP SCHEMA IF EXISTS {schema} CASCADE", f"CREATE SCHEMA {schema}"])
    try:
        yield
    finally:
        connection.close()
        run_in_one_transaction(owner, [f"DROP SCHEMA IF EXISTS {schema} CASCADE"])


class _Recorder:
    """An execute wrapper that keeps every statement that changes something, with its parameters filled in."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        if not _NOT_REPLAYED.match(sql):
            for row in params if many else [params]:
                self.statements += self._render(sql, row)
        return result

    @staticmethod
    def _render(sql: str, params: Any) -> list[str]:
        if params:
            # A cursor of its own: rendering on the migrating one would drop its result.
            sql = psycopg.ClientCursor(connection.connection).mogrify(sql, params)
        # Django sends "ALTER …; SET CONSTRAINTS …" as one text; replaying wants one statement a message.
        parts = sqlparse.split(sql) if ";" in sql else [sql]
        return [_CONCURRENTLY.sub(r"\1", part).strip().rstrip(";") for part in parts if part.strip()]
