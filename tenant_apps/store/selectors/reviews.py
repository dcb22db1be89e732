"""Reading reviews. A product's page costs two queries more, a list the same whatever its length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet

from shared_apps.accounts.models import User
from tenant_apps.store.models import Order, Product, Review
from tenant_apps.store.rules.ratings import Rating

ON_PRODUCT_PAGE = 5
PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class ReviewsOfProduct:
    """What a product's page shows of its reviews; `mine` is the reader's own, whatever its status."""

    rating: Rating
    shown: list[Review]
    mine: Review | None

    @property
    def has_more(self) -> bool:
        return self.rating.count > len(self.shown)


def rating_of(product: Product) -> Rating:
    """No query: the product holds it."""
    return Rating(total=product.rating_sum, count=product.rating_count)


def published_reviews(product: Product) -> QuerySet[Review]:
    """The latest first, with their authors."""
    return Review.objects.filter(product=product, status=Review.Status.PUBLISHED).select_related("author")


def reviews_of_product(product: Product, *, reader: User | None) -> ReviewsOfProduct:
    """For a product's page: the latest few, and the reader's own."""
    shown = list(published_reviews(product)[:ON_PRODUCT_PAGE]) if product.rating_count else []
    return ReviewsOfProduct(rating_of(product), shown, own_review(product, author=reader))


def page_of_reviews(product: Product, *, page: str | int) -> Page:
    """All published reviews of a product, a page of them."""
    return Paginator(published_reviews(product), PER_PAGE).get_page(page)


def own_review(product: Product, *, author: User | None) -> Review | None:
    """What somebody has said about a product."""
    return Review.objects.filter(product=product, author=author).first() if author else None


def reviews_to_write(order: Order, *, reader: User | None) -> dict[int, str]:
    """The lines of an order that was delivered to whom it belongs, and what they may do with the product: "write" a review, or
    "change" theirs; a product in several lines is named once. As `services.reviews.has_bought` says what was bought, of what
    the storefront shows. One query, where the order is theirs; its lines and their products must have been read."""
    if reader is None or order.user_id != reader.pk or order.status != Order.Status.DELIVERED:
        return {}
    lines = {
        line.variant.product_id: line.pk
        for line in reversed(order.lines.all())
        if line.shipped and line.variant and line.variant.product.is_published
    }
    written = set(Review.objects.filter(author=reader, product__in=lines).values_list("product", flat=True))
    return {line: "change" if product in written else "write" for product, line in lines.items()}


def review_queue(*, status: str, page: str | int) -> Page:
    """Reviews of one status for staff: those to be read in the order they came, the others the latest first."""
    reviews = Review.objects.filter(status=status).select_related("author", "product")
    oldest_first = status == Review.Status.PENDING
    ordered = reviews.order_by("written_at", "pk") if oldest_first else reviews.order_by("-written_at", "-pk")
    return Paginator(ordered, PER_PAGE).get_page(page)


def review_counts() -> dict[str, int]:
    """How many reviews have each status."""
    found = Review.objects.order_by().values_list("status").annotate(number=Count("pk"))
    return {**dict.fromkeys(Review.Status.values, 0), **dict(found)}


def review_by_id(review_id: int) -> Review | None:
    return Review.objects.select_related("author", "product").filter(pk=review_id).first()


def words_of(user: User) -> list[dict[str, Any]]:
    """All a person has said, for their own copy of their data."""
    return [
        {
            "product": review.product.name, "rating": review.rating, "title": review.title, "text": review.text,
            "status": review.status, "written_at": review.written_at, "reason": review.reason, "reply": review.reply,
        }
        for review in Review.objects.filter(author=user).select_related("product").order_by("pk")
    ]  # fmt: skip
