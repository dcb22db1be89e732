"""Reads of provisioning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection


@dataclass(frozen=True, slots=True)
class OpeningTimes:
    """How long workspaces took from their order's payment until they were open; no times where none opened."""

    number: int
    median: timedelta | None
    slowest: timedelta | None  # 95 of 100 took no longer


def opening_times(*, since: datetime, until: datetime) -> OpeningTimes:
    """The workspaces that opened between two moments, the second one excluded. One query."""
    sql = """
        SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY job.finished_at - o.paid_at),
               percentile_cont(0.95) WITHIN GROUP (ORDER BY job.finished_at - o.paid_at)
        FROM provisioning_provisioningjob job JOIN billing_order o ON o.id = job.order_id
        WHERE job.status = 'done' AND job.finished_at >= %s AND job.finished_at < %s
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [since, until])
        return OpeningTimes(*cursor.fetchone())
