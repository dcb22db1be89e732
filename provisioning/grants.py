"""Which database role may touch what, as SQL.

A tenant's role reads and writes the rows of its own schema, reads what `SHARED_TABLES` names of the platform's, and
nothing else; the app's log-in inherits nothing and must become a role first (PostgreSQL 16: GRANT … WITH INHERIT FALSE,
SET TRUE). Roles may log in, so that a schema can be moved to another node with its role.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from provisioning.database import app_login, quoted
from shared_apps.core.roles import role_of

EXTENSIONS = ("unaccent", "pg_trgm")
# The group of all tenants' roles. What tenants share is granted to it once: a grant for each of them would make every
# table's list of privileges as long as the list of tenants, and workspaces made at once would collide on it.
TENANTS = "r_tenants"


@dataclass(frozen=True, slots=True)
class SharedTable:
    """A table of the platform of which each tenant reads its own rows: those whose `key` is the tenant's id."""

    name: str
    key: str
    columns: tuple[str, ...]


# What the models of `shared_apps.organisations.own` read, and no column more: nothing of billing, of people an id alone.
SHARED_TABLES = (
    SharedTable("organisations_organisation", "id", ("id", "name", "status", "activated_at", "paid_until", "owner_id")),
    SharedTable("organisations_domain", "tenant_id", ("id", "domain", "tenant_id", "is_primary", "live_at")),
)


def create_role(owner: psycopg.Connection, schema_name: str) -> list[str]:
    """Make the schema's role if it is not there, and let the app become it. Roles belong to the whole cluster."""
    role, app = quoted(owner, role_of(schema_name)), quoted(owner, app_login())
    options = " WITH INHERIT FALSE, SET TRUE" if owner.info.server_version >= 160000 else ""
    return [
        f"DO $$BEGIN CREATE ROLE {role} LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object THEN NULL; END$$",
        f"GRANT {role} TO {app}{options}",
    ]


def join_tenants(owner: psycopg.Connection, schema_name: str) -> list[str]:
    """Put a tenant's role into the group, whose privileges it then has without asking (before 16: by its own INHERIT)."""
    role = quoted(owner, role_of(schema_name))
    if owner.info.server_version >= 160000:
        return [f"GRANT {TENANTS} TO {role} WITH INHERIT TRUE, SET FALSE"]
    return [f"ALTER ROLE {role} INHERIT", f"GRANT {TENANTS} TO {role}"]


def share_tables(owner: psycopg.Connection) -> list[str]:
    """Let every tenant read its own rows of the shared tables, and put the tenants there are into the group.

    Row-level security compares with the id inside the role's own name, which never changes. It is not forced upon the
    tables' owner, who migrates them.
    """
    public = role_of("public")
    statements = [
        f"DO $$BEGIN CREATE ROLE {TENANTS} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END$$",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {TENANTS}",
    ]
    for shared in SHARED_TABLES:
        table, columns = f"public.{shared.name}", ", ".join(shared.columns)
        statements += [
            f"REVOKE ALL ON {table} FROM {TENANTS}",
            f"GRANT SELECT ({columns}) ON {table} TO {TENANTS}",
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS own_rows ON {table}",
            f"CREATE POLICY own_rows ON {table} FOR SELECT TO {TENANTS} USING ({shared.key} = {_OWN_ID})",
            f"DROP POLICY IF EXISTS platform ON {table}",
            f"CREATE POLICY platform ON {table} TO {public} USING (true) WITH CHECK (true)",
        ]
    for (schema_name,) in owner.execute(_TENANT_SCHEMAS).fetchall():
        statements += join_tenants(owner, schema_name)
    return statements


# The role of a tenant is "r_t" and its id in hexadecimal. The policy is for tenants' roles only, so the cast cannot fail.
_OWN_ID = "substr(current_user::text, 4)::uuid"
_TENANT_SCHEMAS = """
    SELECT nspname FROM pg_namespace
    WHERE nspname ~ '^t[0-9a-f]{32}$' AND to_regrole('r_' || nspname) IS NOT NULL
"""


def grant_schema(owner: psycopg.Connection, schema_name: str) -> list[str]:
    """Let the schema's role work with its tables, now and after later migrations; the migration record is read-only."""
    role, schema = quoted(owner, role_of(schema_name)), quoted(owner, schema_name)
    return [
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON {schema}.django_migrations FROM {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    ]


def extensions_schema() -> list[str]:
    """The schema of extensions, readable by every role by one grant (parallel grants on it would collide)."""
    return [
        "CREATE SCHEMA IF NOT EXISTS extensions",
        "GRANT USAGE ON SCHEMA extensions TO PUBLIC",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        *(f"CREATE EXTENSION IF NOT EXISTS {name} SCHEMA extensions" for name in EXTENSIONS),
    ]
