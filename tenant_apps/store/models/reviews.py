"""What customers say about products."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.store.models.catalogue import Product
from tenant_apps.store.rules.ratings import Rating, signed


class Review(models.Model):
    """One person's word about one product: plain text, shown once somebody of the shop has read it.

    pending -> published or rejected, and from each to the other; what its author changes is pending again. The product's
    `rating_sum` and `rating_count` are those of its published reviews: services change both together.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        PUBLISHED = "published"
        REJECTED = "rejected"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="reviews")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="product_reviews")
    rating = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=100, blank=True)
    text = models.CharField(max_length=2000, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    is_verified = models.BooleanField(default=False)  # the shop has sent this product to its author
    written_at = models.DateTimeField(db_default=Now())  # of the words as they are now
    reply = models.CharField(max_length=1000, blank=True)  # the shop's
    replied_at = models.DateTimeField(null=True, blank=True)
    moderated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    moderated_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)  # why it was rejected, for its author

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-written_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "author"], name="store_review_once"),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="store_review_rating"),
            models.CheckConstraint(
                condition=Q(status="pending", reason="")
                | Q(status="published", reason="", moderated_at__isnull=False)
                | (Q(status="rejected", moderated_at__isnull=False) & ~Q(reason="")),
                name="store_review_status",
            ),
            models.CheckConstraint(
                condition=Q(reply="", replied_at__isnull=True) | (~Q(reply="") & Q(replied_at__isnull=False)),
                name="store_review_reply",
            ),
        ]
        indexes = [
            models.Index(
                fields=["product", "-written_at", "-id"],
                name="store_review_shown",
                condition=Q(status="published"),
            ),
            models.Index(fields=["status", "written_at", "id"], name="store_review_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.rating}/5"

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED

    @property
    def version(self) -> str:
        """Names the words as they are now: who decides about a review says which ones they have read."""
        return self.written_at.isoformat()

    @property
    def stars(self) -> Rating:
        """Its one rating, to be drawn as averages are."""
        return Rating(total=self.rating, count=1)

    @property
    def signature(self) -> str:
        """Its author as the public may know them. Needs the author read along."""
        return signed(self.author.first_name, self.author.last_name)
