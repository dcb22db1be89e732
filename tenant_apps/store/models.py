"""The catalogue. A product always has at least one variant: services make both in one transaction."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.team.models import Photo


class Shop(models.Model):
    """What the shop says about itself: one row, whose lock guards addresses, names and references."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    name = models.CharField(max_length=120)
    # Never changed: prices are counted in its minor units.
    currency = models.CharField(max_length=3)
    description = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=20, blank=True)  # E.164, answers on WhatsApp
    brand_colour = models.CharField(max_length=7, blank=True)  # "#1a5c3a"; empty: the platform's own
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="store_shop_only_one"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="store_shop_currency"),
            models.CheckConstraint(
                condition=Q(brand_colour="") | Q(brand_colour__regex=r"^#[0-9a-f]{6}$"), name="store_shop_colour"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A shelf of the shop. The tree is only this foreign key."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, unique=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), "parent", name="store_category_name_unique", nulls_distinct=False),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="store_category_not_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """Something the shop sells. Its slug never changes, so that shared links keep working."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"

    # Made with the empty form, so that sending the form twice makes one product.
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.TextField(max_length=5000, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="products")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    # Both are kept by services (tenant_apps.store.search): no trigger, no generated column.
    search_text = models.TextField(default="", editable=False)
    search_vector = SearchVectorField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["draft", "published"]), name="store_product_status"),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False), name="store_product_published_at"
            ),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="store_product_shown", condition=Q(status="published")),
            models.Index(fields=["-created_at", "-id"], name="store_product_newest"),
            GinIndex(fields=["search_vector"], name="store_product_words"),
            # Qualified: trigrams live in the schema `extensions`.
            GinIndex(fields=["search_text"], opclasses=["extensions.gin_trgm_ops"], name="store_product_trigrams"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED


class Variant(models.Model):
    """What is actually bought: a size or colour of a product, or the product itself when there is only one."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    name = models.CharField(max_length=80, blank=True)  # empty when the product has only this one
    # Null, not empty, so that it may be missing often and is unique otherwise.
    sku = models.CharField(max_length=40, null=True, blank=True)  # noqa: DJ001
    price_minor = models.BigIntegerField()  # in the shop's currency
    position = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="store_variant_price"),
            models.CheckConstraint(condition=Q(sku__isnull=True) | ~Q(sku=""), name="store_variant_sku_not_empty"),
            models.UniqueConstraint(Lower("sku"), name="store_variant_sku_unique"),
            models.UniqueConstraint(fields=["product", "position"], name="store_variant_position_unique"),
        ]

    def __str__(self) -> str:
        return self.name or self.product.name


class ProductImage(models.Model):
    """A photo of a product; the one with the lowest position is its cover."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    photo = models.OneToOneField(Photo, on_delete=models.DO_NOTHING, related_name="+")  # see Photo
    alt = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]

    def __str__(self) -> str:
        return self.alt or str(self.photo_id)

    def alt_text(self, product: Any) -> str:
        """What a screen reader says: the text given, else the product's name."""
        return self.alt or product.name
