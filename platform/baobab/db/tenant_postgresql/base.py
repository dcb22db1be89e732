"""The database backend: each tenant has its own PostgreSQL role, and `public` is not on a tenant's path.

django-tenants sets the search path; this backend sets the role in the same round trip and fails closed: a
connection that cannot become the tenant raises instead of staying what it was.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.utils import DatabaseError
from django_tenants.postgresql_backend import base as upstream
from psycopg import Error as PsycopgError
from psycopg.pq import TransactionStatus

from shared_apps.core.roles import role_of

EXTENSIONS_SCHEMA = "extensions"


class DatabaseWrapper(upstream.DatabaseWrapper):
    """django-tenants' backend with SET ROLE (unless logged in as the owner) and without `public` for tenants."""

    def _get_cursor_search_paths(self) -> list[str]:
        paths = [self.schema_name, EXTENSIONS_SCHEMA]
        for path in paths:
            upstream._check_schema_name(path)
        return paths

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path:
            return
        if upstream.get_limit_set_calls() and self.search_path_set_schemas:
            return
        paths = self._get_cursor_search_paths()
        self._setting_search_path = True
        own_cursor = self.connection.cursor() if cursor is None else cursor
        try:
            own_cursor.execute(self._switch_statement(paths))
        except (DatabaseError, PsycopgError):
            self.search_path_set_schemas = None
            # In a failed transaction no statement can run; its end resets the path, and the next cursor sets it.
            if self.connection.info.transaction_status != TransactionStatus.INERROR:
                raise
        else:
            self.search_path_set_schemas = paths
        finally:
            self._setting_search_path = False
            if cursor is None:
                own_cursor.close()

    def _switch_statement(self, paths: list[str]) -> str:
        path = ", ".join(upstream.quote_schema_name(name) for name in paths)
        if settings.DB_ACCOUNT == "owner":
            return f"SET search_path = {path}"
        return f"SET ROLE {upstream.quote_schema_name(role_of(self.schema_name))}; SET search_path = {path}"
