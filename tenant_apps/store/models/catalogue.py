"""The catalogue. A product always has at least one variant: services make both in one transaction."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Lower, Now
from tree_queries.fields import TreeNodeForeignKey
from tree_queries.query import TreeQuerySet

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.team.models import Photo


class CategoryQuerySet(TreeQuerySet, SchemaBoundQuerySet):
    """The tree is read by recursive queries (django-tree-queries): nothing but `parent` is stored."""


class Category(models.Model):
    """A shelf of the shop. The tree is only this foreign key."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, unique=True)
    parent = TreeNodeForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(default=0)
    description = models.CharField(max_length=500, blank=True)
    photo = models.OneToOneField(
        Photo, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+"
    )  # see Photo

    objects = CategoryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), "parent", name="store_category_name_unique", nulls_distinct=False),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="store_category_not_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    """Who makes a product."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.CharField(max_length=500, blank=True)
    logo = models.OneToOneField(
        Photo, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+"
    )  # see Photo

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="store_brand_name_unique")]

    def __str__(self) -> str:
        return self.name


# What "best rated" sorts by, in thousandths: the mean as if five people more had given three stars, so that one enthusiast does
# not outweigh two hundred.
RATING = (Cast("rating_sum", models.BigIntegerField()) + 15) * 1000 / (F("rating_count") + 5)


class Product(models.Model):
    """Something the shop sells. Its slug never changes, so that shared links keep working."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"

    class Supply(models.TextChoices):
        """Whether it can be ordered: as long as there is stock, always (made to order, a service), before there is any
        (pre-order), or not now."""

        STOCK = "stock"
        ALWAYS = "always"
        PREORDER = "preorder"
        NONE = "none"

    class Badge(models.TextChoices):
        NEW = "new"
        POPULAR = "popular"
        STUDENT = "student"
        PRO = "pro"

    # Made with the empty form, so that sending the form twice makes one product.
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    summary = models.CharField(max_length=300, blank=True)
    description = models.TextField(max_length=5000, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="products")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, null=True, blank=True, related_name="products")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    supply = models.CharField(max_length=10, choices=Supply, default=Supply.STOCK)
    preorder_from = models.DateField(null=True, blank=True)  # when what is ordered now should be there
    badges = ArrayField(models.CharField(max_length=10, choices=Badge), default=list, blank=True)
    # What its variants differ by, at most three: ["Taille", "Couleur"].
    option_names = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    meta_title = models.CharField(max_length=60, blank=True)
    meta_description = models.CharField(max_length=160, blank=True)
    # All below is kept by services: no trigger, no generated column. The search's (tenant_apps.store.selectors.search):
    search_text = models.TextField(default="", editable=False)
    search_vector = SearchVectorField(null=True, editable=False)
    # What lists sort and filter by: the lowest price of its variants for a visitor (`Shop.prices_valid_until`), and
    # whether any of them can be had.
    price_from_minor = models.BigIntegerField(default=0, editable=False)
    is_available = models.BooleanField(default=False, editable=False)
    rating_sum = models.PositiveIntegerField(default=0, editable=False)
    rating_count = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["draft", "published"]), name="store_product_status"),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False), name="store_product_published_at"
            ),
            models.CheckConstraint(
                condition=Q(supply__in=["stock", "always", "preorder", "none"]), name="store_product_supply"
            ),
            models.CheckConstraint(condition=Q(price_from_minor__gte=0), name="store_product_price_from"),
            models.CheckConstraint(
                condition=Q(rating_sum__gte=F("rating_count"), rating_sum__lte=5 * F("rating_count")),
                name="store_product_rating",
            ),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="store_product_shown", condition=Q(status="published")),
            models.Index(
                fields=["price_from_minor", "id"], name="store_product_cheap", condition=Q(status="published")
            ),
            models.Index(
                fields=["category", "-published_at", "-id"], name="store_product_shelf", condition=Q(status="published")
            ),
            models.Index(
                fields=["brand", "-published_at", "-id"], name="store_product_brand", condition=Q(status="published")
            ),
            models.Index(RATING.desc(), F("id").desc(), name="store_product_rated", condition=Q(status="published")),
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

    @property
    def counts_stock(self) -> bool:
        """Whether a sale needs a piece that is there."""
        return self.supply == self.Supply.STOCK


class Variant(models.Model):
    """What is actually bought: a size or colour of a product, or the product itself when there is only one."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    # What it is called beside its product ("M, rouge"): the options joined, empty when the product has only this one.
    name = models.CharField(max_length=80, blank=True)
    options = ArrayField(models.CharField(max_length=40), default=list, blank=True)  # as `Product.option_names`
    # Null, not empty, so that they may be missing often and are unique otherwise.
    sku = models.CharField(max_length=40, null=True, blank=True)  # noqa: DJ001
    barcode = models.CharField(max_length=40, null=True, blank=True)  # noqa: DJ001
    price_minor = models.BigIntegerField()  # in the shop's currency, tax included
    promo_minor = models.BigIntegerField(null=True, blank=True)
    promo_starts_at = models.DateTimeField(null=True, blank=True)  # null: it has begun
    promo_ends_at = models.DateTimeField(null=True, blank=True)  # null: until it is taken away
    cost_minor = models.BigIntegerField(null=True, blank=True)  # what a piece costs the shop
    image = models.ForeignKey("ProductImage", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    low_stock_at = models.PositiveIntegerField(null=True, blank=True)  # null: as the shop says
    is_active = models.BooleanField(default=True)  # one that was sold is never deleted
    position = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="store_variant_price"),
            models.CheckConstraint(
                condition=Q(promo_minor__isnull=True) | Q(promo_minor__gte=0, promo_minor__lt=F("price_minor")),
                name="store_variant_promo",
            ),
            models.CheckConstraint(
                condition=Q(promo_starts_at__isnull=True)
                | Q(promo_ends_at__isnull=True)
                | Q(promo_starts_at__lt=F("promo_ends_at")),
                name="store_variant_promo_window",
            ),
            models.CheckConstraint(
                condition=Q(cost_minor__isnull=True) | Q(cost_minor__gte=0), name="store_variant_cost"
            ),
            models.CheckConstraint(condition=Q(sku__isnull=True) | ~Q(sku=""), name="store_variant_sku_not_empty"),
            models.CheckConstraint(
                condition=Q(barcode__isnull=True) | ~Q(barcode=""), name="store_variant_barcode_not_empty"
            ),
            models.UniqueConstraint(Lower("sku"), name="store_variant_sku_unique"),
            models.UniqueConstraint(Lower("barcode"), name="store_variant_barcode_unique"),
            models.UniqueConstraint(fields=["product", "position"], name="store_variant_position_unique"),
        ]

    def __str__(self) -> str:
        return self.name or self.product.name

    @property
    def full_name(self) -> str:
        """The product's name with the variant's: "Pagne wax (M, rouge)". Needs the product."""
        return f"{self.product.name} ({self.name})" if self.name else self.product.name


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


class Attribute(models.Model):
    """Something that products are described by: "Mémoire", "Matière"."""

    name = models.CharField(max_length=40)
    slug = models.SlugField(max_length=40, unique=True)
    is_filter = models.BooleanField(default=False)  # customers may choose by it
    position = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="store_attribute_name_unique")]

    def __str__(self) -> str:
        return self.name


class Specification(models.Model):
    """What a product has of an attribute: "16 Go"."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="specifications")
    attribute = models.ForeignKey(Attribute, on_delete=models.PROTECT, related_name="specifications")
    value = models.CharField(max_length=120)
    value_key = models.SlugField(max_length=120)  # the same for "16 Go" and "16 go": what filters compare

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["attribute__position", "attribute_id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "attribute"], name="store_specification_once_per_product"),
        ]
        indexes = [models.Index(fields=["attribute", "value_key"], name="store_specification_value")]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.value}"
