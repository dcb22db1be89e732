"""The database connection as our backend makes it, for the type checker: with a schema and a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.db import connection as _connection

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    class TenantConnection(BaseDatabaseWrapper):
        """What baobab.db.tenant_postgresql adds."""

        schema_name: str
        tenant: Any

        def set_tenant(self, tenant: Any) -> None: ...

        def set_schema_to_public(self) -> None: ...


connection = cast("TenantConnection", _connection)


def here(who: object) -> str:
    """Somebody of the current schema, named for what all schemas share: counts in Redis."""
    return f"{connection.schema_name}:{who}"
