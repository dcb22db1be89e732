"""QuerySets that remember the schema they were made in and refuse to run in another.

A lazy queryset made for one tenant and evaluated while another is active would silently read the other's rows:
no database role can see that, because role and search path switch together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models

from shared_apps.core.tenancy import connection


class WrongSchema(RuntimeError):
    """A queryset crossed from one schema into another."""


class SchemaBoundQuerySet(models.QuerySet):
    """Base QuerySet of every model that exists in tenant schemas."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._schema = connection.schema_name

    def _clone(self) -> SchemaBoundQuerySet:
        clone = super()._clone()  # type: ignore[misc]  # private, so not in django-stubs
        clone._schema = self._schema
        return clone

    def _check_schema(self) -> None:
        if self._schema != connection.schema_name:
            raise WrongSchema(f"made in {self._schema}, evaluated in {connection.schema_name}")

    def _fetch_all(self) -> None:
        self._check_schema()
        super()._fetch_all()

    def _iterator(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        self._check_schema()
        for row in super()._iterator(*args, **kwargs):  # type: ignore[misc]  # private, so not in django-stubs
            yield row
            self._check_schema()

    def count(self) -> int:
        self._check_schema()
        return super().count()

    def exists(self) -> bool:
        self._check_schema()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._check_schema()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._check_schema()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._check_schema()
        return super().delete()
