"""Pages where staff keep the shelves."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.core.errors import DomainError
from tenant_apps.store import selectors, services
from tenant_apps.store.forms.shelves import ShelfForm
from tenant_apps.store.models import Category
from tenant_apps.store.selectors import Shelves
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import collect_photos, save_form
from tenant_apps.team.models import Photo
from tenant_apps.team.pages import UNPROCESSABLE, forget_draft, render_workspace


@permission_required("store.view_products")
@require_safe
def shelves(request: StaffRequest) -> HttpResponse:
    """The tree, to add to it, change and order it."""
    tree = selectors.read_shelves()
    return render_workspace(request, "store/staff/shelves.html", {"shelves": tree.all})


@permission_required("store.change_products")
@require_http_methods(["GET", "HEAD", "POST"])
def new_shelf(request: StaffRequest) -> HttpResponse:
    """Add a shelf, at the top or on the one the address names."""
    tree = selectors.read_shelves()
    if request.method != "POST":
        parent = tree.by_slug.get(request.GET.get("on", ""))
        initial = {"parent": str(parent.pk)} if parent else None
        return _shelf_page(request, ShelfForm(initial=initial, tree=tree))
    form = ShelfForm(request.POST, request.FILES, tree=tree)
    photos = collect_photos(request, form, field="photo")
    shelf = save_form(form, lambda: services.add_shelf(details=form.details, photo=_last(photos)))
    if shelf is None:
        return _shelf_page(request, form, pending=photos, status=UNPROCESSABLE)
    forget_draft(request, "shelf-new")
    messages.success(request, _("The shelf “%(name)s” was added.") % {"name": shelf.name})
    return redirect("store:staff_shelves")


@permission_required("store.change_products")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_shelf(request: StaffRequest, slug: str) -> HttpResponse:
    """Change a shelf, or move it elsewhere with all below it."""
    tree = selectors.read_shelves()
    shelf = _shelf_or_404(tree, slug)
    if request.method != "POST":
        form = ShelfForm(initial=ShelfForm.values_of(shelf), tree=tree, shelf=shelf)
        return _shelf_page(request, form, shelf=shelf)
    form = ShelfForm(request.POST, request.FILES, tree=tree, shelf=shelf)
    photos = collect_photos(request, form, field="photo")
    changed = save_form(
        form,
        lambda: services.change_shelf(
            shelf=shelf, details=form.details, photo=_last(photos), remove_photo="remove_photo" in request.POST
        ),
    )
    if changed is None:
        return _shelf_page(request, form, shelf=shelf, pending=photos, status=UNPROCESSABLE)
    forget_draft(request, f"shelf-{shelf.slug}")
    messages.success(request, _("The shelf “%(name)s” was saved.") % {"name": changed.name})
    return redirect("store:staff_shelves")


@permission_required("store.change_products")
@require_POST
def move_shelf(request: StaffRequest, slug: str) -> HttpResponse:
    """Move a shelf before its sister, or behind it."""
    shelf = _shelf_or_404(selectors.read_shelves(), slug)
    services.move_shelf(shelf=shelf, up=request.POST.get("action") == "up")
    return redirect("store:staff_shelves")


@permission_required("store.delete_products")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_shelf(request: StaffRequest, slug: str) -> HttpResponse:
    """Delete an empty shelf, after asking."""
    shelf = _shelf_or_404(selectors.read_shelves(), slug)
    if request.method != "POST":
        return render_workspace(request, "store/staff/delete_shelf.html", {"shelf": shelf})
    try:
        services.delete_shelf(shelf=shelf)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("store:staff_edit_shelf", shelf.slug)
    messages.success(request, _("The shelf “%(name)s” was deleted.") % {"name": shelf.name})
    return redirect("store:staff_shelves")


def _shelf_or_404(tree: Shelves, slug: str) -> Category:
    shelf = tree.by_slug.get(slug)
    if shelf is None:
        raise Http404
    return shelf


def _last(photos: list[Photo]) -> Photo | None:
    return photos[-1] if photos else None


def _shelf_page(
    request: StaffRequest,
    form: ShelfForm,
    *,
    shelf: Category | None = None,
    pending: list[Photo] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "shelf": shelf,
        "pending": (pending or [])[-1:],
        "removing": "remove_photo" in request.POST,
    }
    return render_workspace(request, "store/staff/shelf_form.html", context, status=status)
