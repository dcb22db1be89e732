"""Pages of the shop's staff."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenant_apps.store import selectors, services
from tenant_apps.store.forms import ProductForm, ShopForm
from tenant_apps.store.models import Product
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import collect_photos, parse_ids, save_form
from tenant_apps.team.models import Photo
from tenant_apps.team.pages import UNPROCESSABLE, forget_draft, render_workspace


@permission_required("store.view_products")
@require_safe
def products(request: StaffRequest) -> HttpResponse:
    """All products, to find, show, hide and change them."""
    status = request.GET.get("status", "")
    listing = selectors.list_for_staff(query=request.GET.get("q", ""), status=status, page=request.GET.get("page", "1"))
    context = {
        "listing": listing,
        "status": status if status in Product.Status.values else "",
        "currency": selectors.shop().currency,
        "is_empty": not listing.page.object_list and not listing.query and not selectors.has_products(),
    }
    return render_workspace(request, "store/staff/products.html", context)


@permission_required("store.change_products")
@require_http_methods(["GET", "HEAD", "POST"])
def new_product(request: StaffRequest) -> HttpResponse:
    """Add a product."""
    shop = selectors.shop()
    if request.method != "POST":
        return _product_page(request, ProductForm(shop=shop))
    form = ProductForm(request.POST, request.FILES, shop=shop)
    photos = collect_photos(request, form, field="photo")
    product = save_form(
        form,
        lambda: services.create_product(
            public_id=form.cleaned_data["key"], details=form.details, photos=photos, publish=_wants_publish(request)
        ),
    )
    if product is None:
        return _product_page(request, form, pending=photos, status=UNPROCESSABLE)
    forget_draft(request, "product-new")
    return _saved(request, product)


@permission_required("store.change_products")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_product(request: StaffRequest, slug: str) -> HttpResponse:
    """Change a product."""
    shop = selectors.shop()
    product = _product_or_404(slug)
    if request.method != "POST":
        form = ProductForm(initial=ProductForm.values_of(product, currency=shop.currency), shop=shop)
        return _product_page(request, form, product=product)
    form = ProductForm(request.POST, request.FILES, shop=shop)
    photos = collect_photos(request, form, field="photo")
    changed = save_form(
        form,
        lambda: services.update_product(
            product=product,
            details=form.details,
            photos=photos,
            remove=parse_ids(request.POST.getlist("remove")),
            publish=True if _wants_publish(request) else None,
        ),
    )
    if changed is None:
        return _product_page(request, form, product=product, pending=photos, status=UNPROCESSABLE)
    forget_draft(request, f"product-{changed.public_id}")
    return _saved(request, changed)


@permission_required("store.change_products")
@require_POST
def show_product(request: StaffRequest, slug: str) -> HttpResponse:
    """Publish a product or hide it."""
    published = _wants_publish(request)
    product = services.show_product(product=_product_or_404(slug), published=published)
    text = _("“%(name)s” is now in your storefront.") if published else _("“%(name)s” is hidden from customers.")
    messages.success(request, text % {"name": product.name})
    return redirect("store:staff_products")


@permission_required("store.delete_products")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_product(request: StaffRequest, slug: str) -> HttpResponse:
    """Delete a product, after asking."""
    product = _product_or_404(slug)
    if request.method != "POST":
        return render_workspace(request, "store/staff/delete_product.html", {"product": product})
    services.delete_product(product=product)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": product.name})
    return redirect("store:staff_products")


@permission_required("store.change_shop")
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: StaffRequest) -> HttpResponse:
    """What customers read about the shop."""
    shop = selectors.shop()
    if request.method != "POST":
        return render_workspace(
            request, "store/staff/settings.html", {"form": ShopForm(initial=ShopForm.values_of(shop))}
        )
    form = ShopForm(request.POST)
    if not form.is_valid():
        return render_workspace(request, "store/staff/settings.html", {"form": form}, status=UNPROCESSABLE)
    services.save_shop(details=form.details)
    forget_draft(request, "shop")
    messages.success(request, _("Your shop was saved."))
    return redirect("store:staff_settings")


def _product_or_404(slug: str) -> Product:
    product = selectors.product_by_slug(slug, only_published=False)
    if product is None:
        raise Http404
    return product


def _wants_publish(request: StaffRequest) -> bool:
    return request.POST.get("action") == "publish"


def _saved(request: StaffRequest, product: Product) -> HttpResponse:
    if product.is_published:
        text = _("“%(name)s” was saved and is in your storefront.")
    else:
        text = _("“%(name)s” was saved as a draft. Customers do not see it yet.")
    messages.success(request, text % {"name": product.name})
    return redirect("store:staff_products")


def _product_page(
    request: StaffRequest,
    form: ProductForm,
    *,
    product: Product | None = None,
    pending: list[Photo] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "product": product,
        "pending": pending or [],
        "removing": parse_ids(request.POST.getlist("remove")),
        "category_names": selectors.category_names(),
    }
    return render_workspace(request, "store/staff/product_form.html", context, status=status)
