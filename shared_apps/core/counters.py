"""Numbers without a gap, from a table with a row for each series."""

from __future__ import annotations

from typing import Any

from django.db import connection, models


def count_up(counter: type[models.Model], **series: Any) -> int:
    """The next number of a series: 1, 2, 3… `counter` is unique by the columns of `series` and keeps the `last` number.

    In the caller's transaction, which holds the counter's row until it ends, so that a roll-back gives the number back:
    take it last.
    """
    table = connection.ops.quote_name(counter._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(name) for name in series)
    values = ", ".join(["%s"] * len(series))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS counter ({columns}, last) VALUES ({values}, 1) "  # noqa: S608 — a table of ours
            f"ON CONFLICT ({columns}) DO UPDATE SET last = counter.last + 1 RETURNING last",
            list(series.values()),
        )
        number: int = cursor.fetchone()[0]
    return number
