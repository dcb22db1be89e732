"""Which database role may touch what, as SQL.

A tenant's role reads and writes the rows of its own schema and nothing else; the app's log-in inherits nothing and
must become a role first (PostgreSQL 16: GRANT … WITH INHERIT FALSE, SET TRUE). Roles may log in, so that a schema can
be moved to another node with its role.
"""

from __future__ import annotations

import psycopg

from provisioning.database import app_login, quoted
from shared_apps.core.roles import role_of

EXTENSIONS = ("unaccent", "pg_trgm")


def create_role(owner: psycopg.Connection, schema_name: str) -> list[str]:
    """Make the schema's role if it is not there, and let the app become it. Roles belong to the whole cluster."""
    role, app = quoted(owner, role_of(schema_name)), quoted(owner, app_login())
    options = " WITH INHERIT FALSE, SET TRUE" if owner.info.server_version >= 160000 else ""
    return [
        f"DO $$BEGIN CREATE ROLE {role} LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object THEN NULL; END$$",
        f"GRANT {role} TO {app}{options}",
    ]


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
