"""Pages where staff send products as a file, look at what it would change, and take the catalogue away as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import quotas
from shared_apps.core.errors import DomainError
from tenant_apps.store.forms.imports import ImportForm
from tenant_apps.store.models import CatalogueImport
from tenant_apps.store.presenting import catalogue_file as files
from tenant_apps.store.presenting.downloads import table_response
from tenant_apps.store.rules.catalogue_columns import COLUMNS
from tenant_apps.store.selectors import imports as selectors
from tenant_apps.store.selectors import shop
from tenant_apps.store.services import imports as services
from tenant_apps.store.texts import imports as texts
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import save_form
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace
from tenant_apps.team.selectors import permissions_of

POLL_SECONDS = 2
Status = CatalogueImport.Status


@permission_required("store.change_products")
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: StaffRequest) -> HttpResponse:
    """Send a file; what was sent before."""
    if request.method != "POST":
        return _list_page(request, ImportForm())
    form = ImportForm(request.POST, request.FILES)
    batch = save_form(
        form,
        lambda: services.start_import(
            key=form.cleaned_data["key"],
            file=form.cleaned_data["file"],
            name=form.cleaned_data["file"].name or "",
            by=request.user,
            counts_stock=_may_count(request),
        ),
    )
    if batch is None:
        return _list_page(request, form, status=UNPROCESSABLE)
    return redirect("store:staff_import", batch.pk)


def _list_page(request: StaffRequest, form: ImportForm, *, status: int = 200) -> HttpResponse:
    rows = [
        {"batch": one, "word": texts.STATUSES[one.status], "tone": texts.TONES.get(Status(one.status), "info")}
        for one in selectors.recent_imports()
    ]
    columns = [{"label": column.heading} for column in COLUMNS]
    context = {"form": form, "rows": rows, "columns": columns, "may_count": _may_count(request)}
    return render_workspace(request, "store/staff/imports.html", context, status=status)


@permission_required("store.change_products")
@never_cache
@require_safe
def import_page(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """One file: how far it is, what it would change, what is wrong with it, what became of it."""
    batch = _batch_or_404(batch_id)
    services.nudge(batch)
    return render_workspace(request, "store/staff/import.html", _about(request, batch))


@permission_required("store.change_products")
@never_cache
@require_safe
def follow_import(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """The live part of that page; the whole page is asked for once there is something to decide or to read."""
    batch = _batch_or_404(batch_id)
    services.nudge(batch)
    if not batch.is_working:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "store/staff/import_progress.html", _progress(batch))


@permission_required("store.change_products")
@require_POST
def confirm_import(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Apply the good products."""
    batch = _batch_or_404(batch_id)
    try:
        services.confirm_import(batch=batch, by=request.user, counts_stock=_may_count(request))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("store:staff_import", batch.pk)


@permission_required("store.change_products")
@require_POST
def drop_import(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Apply nothing."""
    batch = _batch_or_404(batch_id)
    try:
        services.drop_import(batch=batch, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("store:staff_import", batch.pk)
    messages.success(request, _("Nothing of “%(name)s” was applied.") % {"name": batch.name})
    return redirect("store:staff_imports")


@permission_required("store.change_products")
@require_safe
def import_problems(request: StaffRequest, batch_id: UUID, kind: str) -> HttpResponseBase:
    """The rows of the products with something wrong, with a column that says what, to be corrected and sent again."""
    batch = _batch_or_404(batch_id)
    header = [*files.headings(batch.columns), _("To correct")]
    name = f"{pgettext('file name', 'to-correct')}-{timezone.localdate():%Y-%m-%d}"
    return table_response(name=name, kind=kind, header=header, rows=_problem_rows(batch))


def _problem_rows(batch: CatalogueImport) -> Iterator[list[Any]]:
    for item in selectors.every_problem(batch):
        for row in item.rows:
            wrong = [texts.told(problem) for problem in item.problems if problem["row"] == row["row"]]
            yield [*files.in_order(row["cells"], batch.columns), "\n".join(wrong)]


@permission_required("store.change_products")
@require_safe
def export(request: StaffRequest, kind: str) -> HttpResponseBase:
    """Every product as a file that an import reads back."""
    name = f"{pgettext('file name', 'products')}-{timezone.localdate():%Y-%m-%d}"
    return table_response(name=name, kind=kind, header=files.headings(), rows=files.rows_of(shop().currency))


def _may_count(request: StaffRequest) -> bool:
    """Whether the pieces of a file may be booked."""
    return "store.change_stock" in permissions_of(request.user)


def _batch_or_404(batch_id: UUID) -> CatalogueImport:
    batch = selectors.import_by_id(batch_id)
    if batch is None:
        raise Http404
    return batch


def _progress(batch: CatalogueImport) -> dict[str, Any]:
    """How far a worker is."""
    counts = selectors.counts_of(batch)
    applying = batch.status == Status.APPLYING
    return {
        "batch": batch,
        "counts": counts,
        "done": counts.finished if applying else batch.products_read,
        "all": counts.to_apply if applying else batch.products,
        "poll_seconds": POLL_SECONDS,
    }


def _about(request: StaffRequest, batch: CatalogueImport) -> dict[str, Any]:
    about = _progress(batch)
    if batch.is_working:
        return about
    counts: selectors.Counts = about["counts"]
    beyond = counts.beyond(_room()) if batch.status == Status.READY else 0
    saves, room_text = counts.to_apply - beyond, texts.room_text(beyond)
    leaves_stock = not batch.counts_stock and "stock" in batch.columns
    new, changed = (counts.new_saved, counts.changed_saved) if batch.is_confirmed else (counts.new, counts.changed)
    currency = shop().currency
    reasons = selectors.page_of_reasons(batch, request.GET.get("page", "1"))
    return {
        **about,
        "word": texts.STATUSES[batch.status],
        "tone": texts.TONES.get(Status(batch.status), "info"),
        "tiles": _tiles(counts, new=new, changed=changed, is_over=batch.is_confirmed),
        "kinds": [
            _kind(batch, kind, number, currency=currency) for kind, number in (("new", new), ("changed", changed))
        ],
        "reasons": reasons,
        "wrong": [_told(reason) for reason in reasons],
        "room_text": room_text,
        "leaves_stock": leaves_stock,
        "must_read_first": bool(room_text or batch.unknown or leaves_stock),
        "saves": saves,
        "save_text": texts.save_text(saved=saves, wanted=counts.to_apply),
        "upgrade_url": quotas.upgrade_url(),
    }


def _tiles(counts: selectors.Counts, *, new: int, changed: int, is_over: bool) -> list[dict[str, Any]]:
    """What the file would do; once it was applied, what became of it."""
    label, left = (_("Not saved"), counts.not_saved) if is_over else (texts.KINDS["wrong"], counts.wrong)
    return [
        {"label": texts.KINDS["new"], "number": new},
        {"label": texts.KINDS["changed"], "number": changed},
        {"label": texts.KINDS["unchanged"], "number": counts.unchanged},
        {"label": label, "number": left, "is_bad": left > 0},
    ]


def _room() -> int | None:
    """How many products the plan has room for; None without a limit."""
    return next((one.remaining for one in quotas.limits() if one.name == "products"), None)


def _kind(batch: CatalogueImport, kind: str, number: int, *, currency: str) -> dict[str, Any]:
    items = selectors.first_of(batch, kind) if number else []
    shown = [
        {
            "name": item.name,
            "row": item.rows[0]["row"],
            "changes": [_shown(change, currency) for change in item.changes],
        }
        for item in items
    ]
    return {"kind": kind, "label": texts.KINDS[kind], "number": number, "items": shown, "others": number - len(shown)}


def _shown(change: dict[str, str], currency: str) -> dict[str, str]:
    """A cell that would be different, as the page shows it."""
    column = change["column"]
    before, after = (texts.cell_text(column, change[name], currency=currency) for name in ("before", "after"))
    return {**change, "label": texts.column_text(column), "before": before, "after": after}


def _told(reason: selectors.Reason) -> dict[str, Any]:
    """A reason as the page shows it: what was typed in many rows is not said, it may differ."""
    is_one = reason.number == 1
    return {
        "rows": texts.rows_text(number=reason.number, row=reason.row, column=reason.column),
        "name": reason.name if is_one else "",
        "label": texts.column_text(reason.column),
        "typed": reason.typed if is_one else "",
        "text": reason.text,
    }
