"""Locking a row that is read together with others."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def lock_one(rows: QuerySet[M], pk: Any) -> M:
    """One of the rows, locked until the caller's transaction ends, with what they are joined to as it is from then on.

    Two statements. In one, a row that had to be waited for would be looked at again, but not what it is joined to: when it
    names another row by now, it would be missing, or come without what it names (PostgreSQL, "Read Committed Isolation
    Level").
    """
    rows.select_related(None).select_for_update().get(pk=pk)
    return rows.get(pk=pk)
