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
        SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY taken), percentile_cont(0.95) WITHIN GROUP (ORDER BY taken)
        FROM (SELECT job.finished_at - (SELECT paid_at FROM billing_order WHERE id = job.order_id) AS taken
              FROM provisioning_provisioningjob job
              WHERE job.status = 'done' AND job.finished_at >= %s AND job.finished_at < %s) AS opened
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [since, until])
        return OpeningTimes(*cursor.fetchone())
