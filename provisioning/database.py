"""The owner's connection: the only account that may create schemas, roles and tables.

The app's own log-in can do none of that (`docs/architecture.md`), so provisioning opens a connection of
its own, outside Django's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


@contextmanager
def owner_connection() -> Iterator[psycopg.Connection]:
    """An autocommit connection as the owner, closed at the end."""
    from django.db import connection

    if not settings.DATABASE_OWNER_URL:
        raise ImproperlyConfigured("DATABASE_URL must name the owner account where tenants are made")
    # The app's own connection says which database this is: tests run each on a copy of their own.
    database = connection.settings_dict["NAME"]
    with psycopg.connect(settings.DATABASE_OWNER_URL, dbname=database, autocommit=True) as owner:
        yield owner


def app_login() -> str:
    """The name of the role that serves requests."""
    return str(conninfo_to_dict(settings.DATABASE_APP_URL)["user"])


def run_in_one_transaction(owner: psycopg.Connection, statements: Iterable[str]) -> None:
    """Send statements one a message, pipelined, in one transaction: all of them or nothing.

    One statement a message is what Citus asks for; the pipeline saves the round trips. Raises psycopg.Error.
    """
    with owner.transaction(), owner.pipeline():
        for statement in statements:
            owner.execute(statement.encode(), prepare=False)


def quoted(owner: psycopg.Connection, name: str) -> str:
    """A name as an SQL identifier."""
    return sql.Identifier(name).as_string(owner)
