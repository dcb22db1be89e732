"""Numbers of documents, without a gap."""

from __future__ import annotations

from django.db import connection, models


def next_number(counter: type[models.Model], *, series: str, year: int) -> tuple[int, str]:
    """The next sequence number of a series and year, and its text: "F2026-000001". `counter` has a row for each, unique
    by (series, year), with the `last` one given.

    In the caller's transaction, which holds the counter's row until it ends, so that a roll-back gives the number back.
    """
    table = connection.ops.quote_name(counter._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS counter (series, year, last) VALUES (%s, %s, 1) "  # noqa: S608 — a table of ours
            "ON CONFLICT (series, year) DO UPDATE SET last = counter.last + 1 RETURNING last",
            [series, year],
        )
        sequence = cursor.fetchone()[0]
    return sequence, f"{series}{year}-{sequence:06d}"
