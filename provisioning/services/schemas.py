"""Making a tenant's schema."""

from __future__ import annotations

import psycopg
from django_tenants.postgresql_backend.base import _check_schema_name

from provisioning.database import quoted, run_in_one_transaction
from provisioning.grants import create_role, grant_schema, join_tenants
from provisioning.services.templates import template_statements


def schema_exists(owner: psycopg.Connection, schema_name: str) -> bool:
    """Whether the schema is there; it is made in one transaction, so then it is there whole."""
    row = owner.execute("SELECT to_regnamespace(%s) IS NOT NULL", [f'"{schema_name}"']).fetchone()
    return bool(row and row[0])


def create_schema(owner: psycopg.Connection, *, schema_name: str, product: str) -> None:
    """Make a tenant's schema, role and grants from the product's template, unless it is there.

    One transaction: a crash leaves nothing behind. Raises psycopg.Error, or
    SchemaTemplate.DoesNotExist when this release's template was not built.
    """
    _check_schema_name(schema_name)
    if not schema_exists(owner, schema_name):
        run_in_one_transaction(owner, statements_for(owner, schema_name=schema_name, product=product))


def statements_for(owner: psycopg.Connection, *, schema_name: str, product: str) -> list[str]:
    """Everything that makes a tenant's schema, in order; raises SchemaTemplate.DoesNotExist."""
    schema = quoted(owner, schema_name)
    return [
        f'SET LOCAL search_path = {schema}, "extensions"',
        "SET CONSTRAINTS ALL IMMEDIATE",
        f"CREATE SCHEMA {schema}",
        *template_statements(product),
        *create_role(owner, schema_name),
        *grant_schema(owner, schema_name),
        *join_tenants(owner, schema_name),
    ]
