"""Numbers of documents, without a gap."""

from __future__ import annotations

from django.db import models

from shared_apps.core.counters import count_up


def next_number(counter: type[models.Model], *, series: str, year: int) -> tuple[int, str]:
    """The next sequence number of a series and year, and its text: "F2026-000001". `counter` has a row for each, unique
    by (series, year), with the `last` one given, locked until the caller's transaction ends.
    """
    sequence = count_up(counter, series=series, year=year)
    return sequence, f"{series}{year}-{sequence:06d}"
