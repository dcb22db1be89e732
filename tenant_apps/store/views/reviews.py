"""What customers say about products, where they say it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shared_apps.accounts.models import User
from tenant_apps.store import selectors
from tenant_apps.store.forms.reviews import ReviewForm
from tenant_apps.store.models import Product
from tenant_apps.store.selectors import reviews as reading
from tenant_apps.store.services import reviews as writing
from tenant_apps.store.views.shell import render_store
from tenant_apps.team.access import StaffRequest, TenantRequest
from tenant_apps.team.forms import save_form
from tenant_apps.team.pages import UNPROCESSABLE


def reviews_on_page(request: HttpRequest, product: Product) -> reading.ReviewsOfProduct:
    """What `store/reviews.html` shows on a product's page, as its `reviews`. Two queries at most."""
    return reading.reviews_of_product(product, reader=_reader(request))


@login_not_required
@require_safe
def all_reviews(request: TenantRequest, slug: str) -> HttpResponse:
    """Every published review of a product."""
    product = _published_or_404(slug)
    context = {
        "product": product,
        "rating": reading.rating_of(product),
        "page": reading.page_of_reviews(product, page=request.GET.get("page", "1")),
        "mine": reading.own_review(product, author=_reader(request)),
    }
    return _page(request, "store/all_reviews.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: StaffRequest, slug: str) -> HttpResponse:
    """Say something about a product, or change what one has said; for people with an account."""
    product = _published_or_404(slug)
    mine = reading.own_review(product, author=request.user)
    if request.method != "POST":
        return _write_page(request, product, ReviewForm(initial=ReviewForm.values_of(mine) if mine else None))
    form = ReviewForm(request.POST)
    saved = save_form(form, lambda: writing.write_review(product=product, by=request.user, details=form.details))
    if saved is None:
        return _write_page(request, product, form, status=UNPROCESSABLE)
    if saved.is_published:
        messages.info(request, _("Your review has not changed."))
    else:
        messages.success(request, _("Thank you. The shop reads your review, then it is shown here."))
    return redirect(_place_of(product))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: StaffRequest, slug: str) -> HttpResponse:
    """Take back what one has said, after asking."""
    product = _published_or_404(slug)
    if request.method != "POST":
        mine = reading.own_review(product, author=request.user)
        if mine is None:
            return redirect(_place_of(product))
        return _page(request, "store/delete_review.html", {"product": product, "review": mine})
    writing.delete_my_review(product=product, by=request.user)
    messages.success(request, _("Your review was deleted."))
    return redirect(_place_of(product))


def _reader(request: HttpRequest) -> User | None:
    return request.user if request.user.is_authenticated else None


def _published_or_404(slug: str) -> Product:
    product = selectors.product_by_slug(slug, only_published=True)
    if product is None:
        raise Http404
    return product


def _place_of(product: Product) -> str:
    return f"{reverse('store:product', args=[product.slug])}#reviews"


def _write_page(request: StaffRequest, product: Product, form: ReviewForm, *, status: int = 200) -> HttpResponse:
    return _page(request, "store/write_review.html", {"product": product, "form": form}, status=status)


def _page(request: TenantRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render_store(request, template, context, status=status)
