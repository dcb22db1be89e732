"""The stock's history, on pages and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from shared_apps.core.csv_export import csv_response
from tenant_apps.store.forms.stock import HistoryForm
from tenant_apps.store.models import Movement, Variant
from tenant_apps.store.selectors import stock as selectors
from tenant_apps.store.texts.stock import ACTIONS
from tenant_apps.store.views.stock import tabs
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import parse_ids
from tenant_apps.team.pages import render_workspace

HEADER = (
    gettext_lazy("Date"), gettext_lazy("Article"), gettext_lazy("Reference"), gettext_lazy("Place"),
    gettext_lazy("Movement"), gettext_lazy("Pieces"), gettext_lazy("Before"), gettext_lazy("After"),
    gettext_lazy("Reason"), gettext_lazy("Document"), gettext_lazy("Person"),
)  # fmt: skip


@permission_required("store.view_stock")
@require_safe
def history(request: StaffRequest) -> HttpResponse:
    """Every movement, the latest first, by article, place, kind and days."""
    form, variant = _form(request), _variant(request)
    wanted = form.wanted(variant=variant.pk if variant else None)
    page = selectors.page_of_movements(wanted, request.GET.get("page", "1"))
    context = {
        "tabs": tabs(request, "staff_stock_history"),
        "form": form,
        "variant": variant,
        "page": page,
        "movements": [(one, ACTIONS[one.action]) for one in page],
        "is_empty": not page.object_list and not request.GET,
    }
    return render_workspace(request, "store/staff/stock_history.html", context)


@permission_required("store.view_stock")
@require_safe
def export(request: StaffRequest) -> StreamingHttpResponse:
    """The same as a file; a last line says if there are more."""
    variant = _variant(request)
    wanted = _form(request).wanted(variant=variant.pk if variant else None)
    name = f"{pgettext('file name', 'stock')}-{timezone.localdate():%Y-%m-%d}.csv"
    note = _("Only the newest %(count)d movements are here. Choose fewer days to export the others.")
    rows = _rows(wanted, note % {"count": selectors.MOST_EXPORTED})
    return csv_response(filename=name, header=HEADER, rows=rows)


def _form(request: StaffRequest) -> HistoryForm:
    return HistoryForm(request.GET, places=selectors.all_places())


def _variant(request: StaffRequest) -> Variant | None:
    """The one variant whose history is asked for, when there is such a one."""
    found = selectors.any_variants(parse_ids(request.GET.getlist("variant")[:1]))
    return found[0] if found else None


def _rows(wanted: selectors.MovementFilter, note: str) -> Iterator[list[Any]]:
    for number, movement in enumerate(selectors.exported(wanted), start=1):
        yield _row(movement)
        if number == selectors.MOST_EXPORTED:
            yield [note]


def _row(movement: Movement) -> list[Any]:
    """A movement in the order of HEADER."""
    variant = movement.level.variant
    return [
        timezone.localtime(movement.created_at).isoformat(timespec="seconds"),
        variant.full_name,
        variant.sku or "",
        movement.level.location.name,
        str(ACTIONS[movement.action].title),
        movement.quantity,
        movement.before,
        movement.after,
        movement.reason,
        movement.reference,
        movement.actor.get_full_name() if movement.actor else "",
    ]
