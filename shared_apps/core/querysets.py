"""Querysets and rows that remember the schema they were made in and refuse to be used in another.

A lazy queryset made for one tenant and evaluated while another is active would silently read the other's rows, and so
would a relation of a row, or `save()`: no database role can see that, because role and search path switch together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models.query import RawQuerySet

from shared_apps.core.tenancy import connection


class WrongSchema(RuntimeError):
    """A queryset or a row crossed from one schema into another."""


def check_schema(schema: str | None, what: str) -> None:
    """Pass where the schema is the connection's; raises WrongSchema."""
    if schema is not None and schema != connection.schema_name:
        raise WrongSchema(f"{what} of {schema} used in {connection.schema_name}")


def remember_schema(instance: models.Model, **_: Any) -> None:
    """Receiver of `post_init`: every row and every new object belongs to the schema it was made in."""
    instance._state.schema = connection.schema_name  # type: ignore[attr-defined]  # ours


def check_row(row: Any) -> None:
    """Pass for what is no row, or one of this schema; raises WrongSchema."""
    if isinstance(row, models.Model):
        check_schema(getattr(row._state, "schema", None), row._meta.label)


class SchemaBoundRouter:
    """Asked by Django before it saves, deletes, reloads or follows a relation of a row, whoever's model it is."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> None:
        check_row(hints.get("instance"))

    db_for_write = db_for_read


class SchemaBoundRawQuerySet(RawQuerySet):
    """`.raw()` of a tenant's model."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._schema = connection.schema_name

    def iterator(self) -> Iterator[Any]:
        check_schema(self._schema, "raw query")
        for row in super().iterator():
            yield row
            check_schema(self._schema, "raw query")


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
        check_schema(self._schema, "queryset")

    # Reading: every way to rows ends in one of these.

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

    def explain(self, *args: Any, **kwargs: Any) -> str:
        self._check_schema()
        return super().explain(*args, **kwargs)

    def raw(self, raw_query: Any, params: Any = (), translations: Any = None, using: str | None = None) -> Any:
        self._check_schema()
        return SchemaBoundRawQuerySet(
            raw_query, model=self.model, params=params, translations=translations, using=using or self.db
        )

    # Becoming part of another query.

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        self._check_schema()
        return super().resolve_expression(*args, **kwargs)  # type: ignore[misc]  # private, so not in django-stubs

    def _merge_sanity_check(self, other: Any) -> None:
        self._check_schema()
        other._check_schema()
        super()._merge_sanity_check(other)  # type: ignore[misc]  # private, so not in django-stubs

    def _combinator_query(self, combinator: str, *others: Any, **kwargs: Any) -> Any:
        for one in (self, *others):
            one._check_schema()
        return super()._combinator_query(combinator, *others, **kwargs)  # type: ignore[misc]  # private as well

    def _filter_or_exclude_inplace(self, negate: bool, args: Any, kwargs: dict[str, Any]) -> None:
        for value in kwargs.values():
            check_row(value)
        super()._filter_or_exclude_inplace(negate, args, kwargs)  # type: ignore[misc]  # private as well

    # Writing.

    def create(self, **kwargs: Any) -> Any:
        self._check_schema()
        return super().create(**kwargs)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[Any]:
        return super().bulk_create(self._checked(objs), *args, **kwargs)

    def bulk_update(self, objs: Any, *args: Any, **kwargs: Any) -> int:
        return super().bulk_update(self._checked(objs), *args, **kwargs)

    def _checked(self, objs: Any) -> list[Any]:
        self._check_schema()
        rows = list(objs)
        for row in rows:
            check_row(row)
        return rows

    def update(self, **kwargs: Any) -> int:
        self._check_schema()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._check_schema()
        return super().delete()

    def _raw_delete(self, using: str | None) -> int:
        self._check_schema()
        return super()._raw_delete(using)  # type: ignore[misc]  # private, so not in django-stubs
