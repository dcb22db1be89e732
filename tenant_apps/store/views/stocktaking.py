"""Pages of stock-taking: choose a place, type what is found, look at the differences, book them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from shared_apps.core.errors import Conflict
from tenant_apps.store.forms.stock import CountForm, StartCountForm
from tenant_apps.store.models import StockCount
from tenant_apps.store.selectors import shop
from tenant_apps.store.selectors import stocktaking as selectors
from tenant_apps.store.selectors.stock import places
from tenant_apps.store.services import stocktaking as services
from tenant_apps.store.views.stock import tabs
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import WorkspaceForm, save_form
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace


@permission_required("store.change_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def counts(request: StaffRequest) -> HttpResponse:
    """Counts that are open, those that were booked, and the start of another one."""
    form = StartCountForm(request.POST or None, places=places())
    if request.method == "POST":
        values = ("location", "shows_expected")
        started = save_form(
            form,
            lambda: services.start_count(**{name: form.cleaned_data[name] for name in values}, by=request.user),
        )
        if started:
            return redirect("store:staff_count", started.pk)
    context = {
        "tabs": tabs(request, "staff_counts"),
        "form": form,
        "open": selectors.open_counts(),
        "booked": selectors.booked_counts(),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render_workspace(request, "store/staff/counts.html", context, status=status)


@permission_required("store.change_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def count(request: StaffRequest, pk: int) -> HttpResponse:
    """A page of articles with what was found of each. Every page is saved by itself."""
    found = _open_or_404(pk)
    query = request.GET.get("q", "")
    sheet = selectors.count_sheet(found, query=query, page=request.GET.get("page", "1"))
    variants = list(sheet.page.object_list)
    if request.method != "POST":
        return _count_page(request, found, sheet, CountForm(variants=variants, counted=sheet.counted))
    form = CountForm(request.POST, variants=variants, counted=sheet.counted)
    counted = save_form(form, lambda: _saved(found, form))
    if counted is None:
        return _count_page(request, found, sheet, form)
    if request.POST.get("action") == "book":
        return redirect("store:staff_book_count", found.pk)
    messages.success(request, _("Your numbers were saved."))
    return redirect(_next_address(request, sheet, found))


def _saved(found: StockCount, form: CountForm) -> bool:
    services.save_counted(count=found, counted=form.counted)
    return True


def _next_address(request: StaffRequest, sheet: selectors.CountSheet, found: StockCount) -> str:
    """The page before or after this one, as was asked; else this one."""
    parameters, action = request.GET.copy(), request.POST.get("action")
    if action == "next" and sheet.page.has_next():
        parameters["page"] = str(sheet.page.next_page_number())
    if action == "previous" and sheet.page.has_previous():
        parameters["page"] = str(sheet.page.previous_page_number())
    return f"{reverse('store:staff_count', args=[found.pk])}?{parameters.urlencode()}"


def _count_page(request: StaffRequest, found: StockCount, sheet: selectors.CountSheet, form: CountForm) -> HttpResponse:
    context = {
        "count": found,
        "sheet": sheet,
        "form": form,
        "query": request.GET.get("q", "").replace("\x00", "")[:100],
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render_workspace(request, "store/staff/count.html", context, status=status)


@permission_required("store.change_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: StaffRequest, pk: int) -> HttpResponse:
    """The differences, before they are booked."""
    found = _open_or_404(pk)
    form = WorkspaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        differences = save_form(form, lambda: services.book_count(count=found, by=request.user))
        if differences is not None:
            text = ngettext("The count is booked: %(total)s difference.", "The count is booked: %(total)s differences.",
                            len(differences)) % {"total": len(differences)}  # fmt: skip
            messages.success(request, text)
            return redirect("store:staff_stock")
    context = {
        "count": found,
        "form": form,
        "summary": selectors.count_summary(found),
        "currency": shop().currency,
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render_workspace(request, "store/staff/count_book.html", context, status=status)


@permission_required("store.change_stock")
@require_http_methods(["GET", "HEAD", "POST"])
def give_up(request: StaffRequest, pk: int) -> HttpResponse:
    """Forget a count, after asking."""
    found = _open_or_404(pk)
    if request.method != "POST":
        return render_workspace(request, "store/staff/count_give_up.html", {"count": found})
    try:
        services.give_up_count(count=found)
    except Conflict as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("The count was given up. The stock is as it was."))
    return redirect("store:staff_counts")


def _open_or_404(pk: int) -> StockCount:
    found = selectors.open_count(pk)
    if found is None:
        raise Http404
    return found
