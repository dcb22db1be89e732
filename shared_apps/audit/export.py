"""The log as CSV, from pages and the API alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from shared_apps.audit.details import describe
from shared_apps.audit.models import AuditLog
from shared_apps.audit.selectors import MOST_EXPORTED, Wanted, exported
from shared_apps.core.csv_export import csv_response

HEADER = (
    gettext_lazy("Date"), gettext_lazy("Category"), gettext_lazy("Level"), gettext_lazy("Action"), "action",
    gettext_lazy("Person"), gettext_lazy("Acting in their place"), gettext_lazy("Resource"), "id",
    gettext_lazy("Before"), gettext_lazy("After"), gettext_lazy("IP address"), gettext_lazy("Browser"), "request_id",
)  # fmt: skip


def export_response(wanted: Wanted, *, delimiter: str = "") -> StreamingHttpResponse:
    """The newest entries wanted, as a download that is read while it is sent; a last line says if there are more."""
    name = f"{pgettext('file name', 'activity')}-{timezone.localdate():%Y-%m-%d}.csv"
    note = _("Only the newest %(count)d entries are here. Narrow the filter to export the others.")
    rows = _rows(wanted, note % {"count": MOST_EXPORTED})
    return csv_response(filename=name, header=HEADER, rows=rows, delimiter=delimiter)


def _rows(wanted: Wanted, note: str) -> Iterator[list[Any]]:
    for number, entry in enumerate(exported(wanted), start=1):
        yield _row(entry)
        if number == MOST_EXPORTED:
            yield [note]


def _row(found: AuditLog) -> list[Any]:
    """An entry in the order of HEADER."""
    shown = describe(found)
    return [
        timezone.localtime(found.created_at).isoformat(timespec="seconds"),
        shown["category"],
        str(shown["level"].title) if shown["level"] else found.level,
        str(shown["words"].title),
        found.action,
        found.actor_label,
        found.impersonator,
        found.resource_type,
        found.resource_id,
        json.dumps(found.before, ensure_ascii=False) if found.before else "",
        json.dumps(found.after, ensure_ascii=False) if found.after else "",
        found.ip,
        found.user_agent,
        found.request_id,
    ]
