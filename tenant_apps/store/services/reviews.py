"""Every write of reviews, and of the ratings that follow from them.

Locks are taken in one order: the author's account, reviews by id, products by id. A product's two sums change by what its
reviews change by, in the same transaction; whoever waits for a review's row decides by what it has become meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.core.locking import lock_one
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_rate
from tenant_apps.store.models import Order, OrderLine, Product, Review

TRIES_AN_HOUR = 20


@dataclass(frozen=True, slots=True)
class ReviewDetails:
    """What somebody says: 1 to 5, and plain text whose line breaks are kept."""

    rating: int
    title: str = ""
    text: str = ""


def write_review(*, product: Product, by: User, details: ReviewDetails) -> Review:
    """Say something about a product, or change what one has said: it waits to be read either way.

    One transaction; locks the author's account, then the review, then the product where its rating changes. The same words again change nothing. Raises
    TooManyAttempts, NotAllowed (`account_closed`), and DomainError (`product_gone`) for a product that is not in the
    storefront.
    """
    check_rate(action="store-review", who=here(by.pk), limit=TRIES_AN_HOUR, seconds=3600)
    with transaction.atomic():
        _lock_author(by)
        if not Product.objects.filter(pk=product.pk, status=Product.Status.PUBLISHED).exists():
            raise DomainError("product_gone", _("This product is no longer in the shop."), status=404)
        review, is_new = Review.objects.select_for_update().get_or_create(
            product=product, author=by, defaults={**_values(details), "is_verified": has_bought(by, product)}
        )
        if is_new:
            _record("store.review.written", review, actor=by, after=_facts(review))
        elif _values(details) != {name: getattr(review, name) for name in _values(details)}:
            _rewrite(review, details)
        return review


def _lock_author(user: User) -> None:
    """Whoever erases an account holds it: nothing is written in its name meanwhile, nor afterwards."""
    if User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first() is None:
        raise NotAllowed("account_closed", _("Your account is closed"))


def _rewrite(review: Review, details: ReviewDetails) -> None:
    """New words, to be read again; the shop's reply was to the old ones. Needs the review's lock."""
    before = _facts(review)
    was_published, old_rating = review.is_published, review.rating
    for name, value in _values(details).items():
        setattr(review, name, value)
    review.is_verified = has_bought(review.author, review.product)
    review.written_at, review.status, review.reason = timezone.now(), Review.Status.PENDING, ""
    review.reply, review.replied_at = "", None
    review.save()
    if was_published:
        _count(review.product_id, reviews=-1, stars=-old_rating)
    _record("store.review.changed", review, actor=review.author, before=before, after=_facts(review))


@transaction.atomic
def publish_review(*, review: Review, by: User, version: str) -> Review:
    """Show a review. One transaction; locks the review, then its product. Doing it again changes nothing.

    `version` names the words that were read: raises Conflict (`review_changed`) when they are others by now, and DomainError
    (`review_gone`).
    """
    review = _lock(review, version=version)
    if review.is_published:
        return review
    before = _facts(review)
    review.is_verified = has_bought(review.author, review.product)
    _decide(review, Review.Status.PUBLISHED, by=by)
    _count(review.product_id, reviews=1, stars=review.rating)
    _record("store.review.published", review, actor=by, before=before, after=_facts(review))
    return review


@transaction.atomic
def reject_review(*, review: Review, reason: str, by: User, version: str) -> Review:
    """Do not show a review, or no longer; its author reads why. One transaction; locks the review, then its product.

    Raises Conflict (`review_changed`) and DomainError (`reason_missing`, `review_gone`).
    """
    if not reason.strip():
        raise DomainError("reason_missing", _("Say why, so that its author can change it."), field="reason")
    review = _lock(review, version=version)
    before = _facts(review)
    was_published = review.is_published
    _decide(review, Review.Status.REJECTED, by=by, reason=reason.strip())
    if was_published:
        _count(review.product_id, reviews=-1, stars=-review.rating)
    after = {**_facts(review), "reason": review.reason}
    _record("store.review.rejected", review, actor=by, before=before, after=after)
    return review


@transaction.atomic
def reply_to_review(*, review: Review, text: str, by: User, version: str) -> Review:
    """Answer a published review below it; an empty text takes the answer away. One transaction; locks the review.

    Raises Conflict (`review_changed`) and DomainError (`review_hidden`, `review_gone`).
    """
    review = _lock(review, version=version)
    if not review.is_published:
        raise DomainError("review_hidden", _("Publish this review first, then reply to it."), field="reply")
    before = _facts(review)
    review.reply = text.strip()
    review.replied_at = timezone.now() if review.reply else None
    review.save(update_fields=["reply", "replied_at"])
    _record("store.review.replied", review, actor=by, before=before, after=_facts(review))
    return review


@transaction.atomic
def delete_my_review(*, product: Product, by: User) -> None:
    """Take back what one has said; nothing happens where one has said nothing. One transaction; locks the review, then the
    product."""
    _delete(list(Review.objects.select_for_update().filter(product=product, author=by)), actor=by)


def forget_reviews_of(*, user: User) -> None:
    """Delete all a person has said. Part of the erasing transaction; locks reviews, then products, each by their ids."""
    _delete(list(Review.objects.select_for_update().filter(author=user).order_by("pk")), actor=None)


def _delete(reviews: list[Review], *, actor: User | None) -> None:
    for review in reviews:
        _record("store.review.deleted", review, actor=actor, before=_facts(review))
    Review.objects.filter(pk__in=[review.pk for review in reviews]).delete()
    for review in sorted(reviews, key=lambda one: one.product_id):
        if review.is_published:
            _count(review.product_id, reviews=-1, stars=-review.rating)


def has_bought(user: User, product: Product) -> bool:
    """Whether the shop has sent this product to this person."""
    sent = Order.objects.filter(user=user, status__in=[Order.Status.SHIPPED, Order.Status.DELIVERED])
    return OrderLine.objects.filter(order__in=sent, variant__product=product, shipped__gt=0).exists()


def _lock(review: Review, *, version: str) -> Review:
    try:
        locked = lock_one(Review.objects.select_related("product", "author"), review.pk)
    except Review.DoesNotExist:
        raise DomainError("review_gone", _("This review was deleted in the meantime."), status=404) from None
    if locked.version != version:
        raise Conflict("review_changed", _("The author has changed this review in the meantime. Read it again."))
    return locked


def _decide(review: Review, status: Review.Status, *, by: User, reason: str = "") -> None:
    review.status, review.reason = status, reason
    review.moderated_by, review.moderated_at = by, timezone.now()
    review.save(update_fields=["status", "reason", "moderated_by", "moderated_at", "is_verified"])


def _count(product_id: int, *, reviews: int, stars: int) -> None:
    """Needs the lock of the review that comes or goes: nobody else counts it at the same time."""
    Product.objects.filter(pk=product_id).update(
        rating_count=F("rating_count") + reviews, rating_sum=F("rating_sum") + stars
    )


def _values(details: ReviewDetails) -> dict[str, Any]:
    return {"rating": details.rating, "title": details.title, "text": details.text}


def _facts(review: Review) -> dict[str, Any]:
    """What the audit log keeps: never the words, which go with their author."""
    return {
        "product": review.product.name,
        "rating": review.rating,
        "status": review.status,
        "replied": bool(review.reply),
    }


def _record(
    action: str,
    review: Review,
    *,
    actor: User | None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(action=action, category=AuditCategory.CATALOGUE, resource=review, actor=actor, before=before, after=after)
