"""Pages where staff keep the brands."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shared_apps.core.errors import DomainError
from tenant_apps.store import selectors, services
from tenant_apps.store.forms.shelves import BrandForm
from tenant_apps.store.models import Brand
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import collect_photos, save_form
from tenant_apps.team.models import Photo
from tenant_apps.team.pages import UNPROCESSABLE, forget_draft, render_workspace


@permission_required("store.view_products")
@require_safe
def brands(request: StaffRequest) -> HttpResponse:
    """All brands."""
    page = selectors.brands_for_staff(page=request.GET.get("page", "1"))
    return render_workspace(request, "store/staff/brands.html", {"page": page})


@permission_required("store.change_products")
@require_http_methods(["GET", "HEAD", "POST"])
def new_brand(request: StaffRequest) -> HttpResponse:
    """Add a brand."""
    if request.method != "POST":
        return _brand_page(request, BrandForm())
    form = BrandForm(request.POST, request.FILES)
    photos = collect_photos(request, form, field="photo")
    brand = save_form(form, lambda: services.add_brand(details=form.details, logo=_last(photos)))
    if brand is None:
        return _brand_page(request, form, pending=photos, status=UNPROCESSABLE)
    forget_draft(request, "brand-new")
    messages.success(request, _("The brand “%(name)s” was added.") % {"name": brand.name})
    return redirect("store:staff_brands")


@permission_required("store.change_products")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_brand(request: StaffRequest, slug: str) -> HttpResponse:
    """Change a brand."""
    brand = _brand_or_404(slug)
    if request.method != "POST":
        return _brand_page(request, BrandForm(initial=BrandForm.values_of(brand)), brand=brand)
    form = BrandForm(request.POST, request.FILES)
    photos = collect_photos(request, form, field="photo")
    changed = save_form(
        form,
        lambda: services.change_brand(
            brand=brand, details=form.details, logo=_last(photos), remove_logo="remove_photo" in request.POST
        ),
    )
    if changed is None:
        return _brand_page(request, form, brand=brand, pending=photos, status=UNPROCESSABLE)
    forget_draft(request, f"brand-{brand.slug}")
    messages.success(request, _("The brand “%(name)s” was saved.") % {"name": changed.name})
    return redirect("store:staff_brands")


@permission_required("store.delete_products")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_brand(request: StaffRequest, slug: str) -> HttpResponse:
    """Delete a brand that no product has, after asking."""
    brand = _brand_or_404(slug)
    if request.method != "POST":
        return render_workspace(request, "store/staff/delete_brand.html", {"brand": brand})
    try:
        services.delete_brand(brand=brand)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("store:staff_edit_brand", brand.slug)
    messages.success(request, _("The brand “%(name)s” was deleted.") % {"name": brand.name})
    return redirect("store:staff_brands")


def _brand_or_404(slug: str) -> Brand:
    brand = selectors.brand_by_slug(slug)
    if brand is None:
        raise Http404
    return brand


def _last(photos: list[Photo]) -> Photo | None:
    return photos[-1] if photos else None


def _brand_page(
    request: StaffRequest,
    form: BrandForm,
    *,
    brand: Brand | None = None,
    pending: list[Photo] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "brand": brand,
        "pending": (pending or [])[-1:],
        "removing": "remove_photo" in request.POST,
    }
    return render_workspace(request, "store/staff/brand_form.html", context, status=status)
