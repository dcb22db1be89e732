"""Pages where staff keep the products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.core.errors import DomainError
from tenant_apps.store import selectors, services
from tenant_apps.store.forms.product_values import values_of
from tenant_apps.store.forms.products import ProductForm, wants_more_rows, with_more_rows
from tenant_apps.store.models import Product
from tenant_apps.store.selectors.stock import on_hand_of, stock_of_products
from tenant_apps.team.access import StaffRequest, may, permission_required
from tenant_apps.team.forms import collect_photos, parse_ids, save_form
from tenant_apps.team.models import Photo
from tenant_apps.team.pages import UNPROCESSABLE, forget_draft, render_workspace
from tenant_apps.team.selectors import permissions_of


@permission_required("store.view_products")
@require_safe
def products(request: StaffRequest) -> HttpResponse:
    """All products, to find, show, hide and change them."""
    status = request.GET.get("status", "")
    listing = selectors.list_for_staff(query=request.GET.get("q", ""), status=status, page=request.GET.get("page", "1"))
    context = {
        "listing": listing,
        "stock": stock_of_products(listing.page) if may(request, "store.view_stock") else None,
        "status": status if status in Product.Status.values else "",
        "currency": selectors.shop().currency,
        "is_empty": not listing.page.object_list and not listing.query and not selectors.has_products(),
    }
    return render_workspace(request, "store/staff/products.html", context)


@permission_required("store.change_products")
@require_http_methods(["GET", "HEAD", "POST"])
def new_product(request: StaffRequest) -> HttpResponse:
    """Add a product."""
    if request.method != "POST":
        return _product_page(request, _form(request))

    def save(form: ProductForm, photos: list[Photo]) -> Product:
        return services.create_product(
            public_id=form.cleaned_data["key"],
            details=form.details,
            photos=photos,
            publish=_wants_publish(request),
            pieces=form.pieces,
            by=request.user,
        )

    return _sent(request, save, draft="product-new")


@permission_required("store.change_products")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_product(request: StaffRequest, slug: str) -> HttpResponse:
    """Change a product."""
    product = _product_or_404(slug)
    if request.method != "POST":
        values = values_of(product, selectors.specifications_of(product))
        return _product_page(request, _form(request, initial=values, product=product), product=product)

    def save(form: ProductForm, photos: list[Photo]) -> Product:
        return services.update_product(
            product=product,
            details=form.details,
            photos=photos,
            remove=parse_ids(request.POST.getlist("remove")),
            publish=True if _wants_publish(request) else None,
        )

    return _sent(request, save, product=product, draft=f"product-{product.public_id}")


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
    try:
        services.delete_product(product=product)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("store:staff_edit_product", product.slug)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": product.name})
    return redirect("store:staff_products")


def _product_or_404(slug: str) -> Product:
    product = selectors.product_by_slug(slug, only_published=False)
    if product is None:
        raise Http404
    return product


def _wants_publish(request: StaffRequest) -> bool:
    return request.POST.get("action") == "publish"


def _form(
    request: StaffRequest, *, initial: dict[str, Any] | None = None, product: Product | None = None
) -> ProductForm:
    shop, tree = selectors.shop(), selectors.read_shelves()
    counts = product is None and "store.change_stock" in permissions_of(request.user)
    if request.method != "POST":
        return ProductForm(shop=shop, tree=tree, initial=initial, counts=counts)
    data = with_more_rows(request.POST) if wants_more_rows(request.POST) else request.POST
    return ProductForm(data, request.FILES, shop=shop, tree=tree, counts=counts)


def _sent(
    request: StaffRequest,
    save: Callable[[ProductForm, list[Photo]], Product],
    *,
    draft: str,
    product: Product | None = None,
) -> HttpResponse:
    """What becomes of a form that was sent: more rows, what is wrong, or the list with the product saved."""
    form = _form(request, product=product)
    photos = collect_photos(request, form, field="photo")
    if wants_more_rows(request.POST):
        form.forget_errors(but="photo")
        return _product_page(request, form, product=product, pending=photos)
    saved = save_form(form, lambda: save(form, photos))
    if saved is None:
        return _product_page(request, form, product=product, pending=photos, status=UNPROCESSABLE)
    forget_draft(request, draft)
    if saved.is_published:
        text = _("“%(name)s” was saved and is in your storefront.")
    else:
        text = _("“%(name)s” was saved as a draft. Customers do not see it yet.")
    messages.success(request, text % {"name": saved.name})
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
        "brand_names": selectors.brand_names(),
        "attribute_names": selectors.attribute_names(),
        "is_more": wants_more_rows(request.POST),
        "stocked": on_hand_of(product) if product and product.counts_stock else [],
    }
    return render_workspace(request, "store/staff/product_form.html", context, status=status)
