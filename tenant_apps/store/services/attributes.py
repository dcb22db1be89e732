"""Writing attributes and what products have of them. Every function locks the shop, in one transaction, unless it says
otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Attribute, Product, Specification
from tenant_apps.store.services.shop import lock_shop
from tenant_apps.team.selectors import free_slug_in
from tenant_apps.team.text import base_slug

MAX_SLUG = 40


def value_key(value: str) -> str:
    """What filters compare: the same for "16 Go" and "16 go". Writing that has no ASCII form is kept apart by a digest."""
    return base_slug(value, fallback=hashlib.sha256(value.casefold().encode()).hexdigest()[:16])


def save_specifications(written: Sequence[tuple[Product, tuple[tuple[str, str], ...]]]) -> None:
    """Make these pairs of names and values the products' specifications; an attribute that is new is made. As many queries for
    one product as for many, and one for each attribute and each value that changes. The caller holds the shop's lock and records the products' change."""
    attributes = {
        name: _attribute_named(name).pk for name in dict.fromkeys(n for _p, pairs in written for n, _v in pairs)
    }
    there: dict[tuple[int, int], Specification] = {
        (one.product_id, one.attribute_id): one
        for one in Specification.objects.filter(product__in=[product.pk for product, _pairs in written]).order_by("pk")
    }
    wanted = {(product.pk, attributes[name]): value for product, pairs in written for name, value in pairs}
    gone = [one.pk for key, one in there.items() if key not in wanted]
    if gone:
        Specification.objects.filter(pk__in=gone).delete()
    new = []
    for (product_id, attribute_id), value in wanted.items():
        one = there.get((product_id, attribute_id)) or Specification(product_id=product_id, attribute_id=attribute_id)
        if one.value == value:
            continue
        one.value, one.value_key = value, value_key(value)
        if one.pk:
            one.save()
        else:
            new.append(one)
    Specification.objects.bulk_create(new)


@transaction.atomic
def add_attribute(*, name: str, is_filter: bool) -> Attribute:
    """Add an attribute behind the others. Raises DomainError (`attribute_taken`)."""
    lock_shop()
    _check_name_free(name)
    return _add(name, is_filter=is_filter)


@transaction.atomic
def change_attribute(*, attribute: Attribute, name: str, is_filter: bool) -> Attribute:
    """Rename an attribute, or let customers choose by it. Raises DomainError (`attribute_taken`, `attribute_gone`)."""
    lock_shop()
    attribute = _again(attribute)
    _check_name_free(name, but=attribute)
    before = _facts(attribute)
    attribute.name = name
    attribute.is_filter = is_filter
    attribute.save()
    record(
        action="store.attribute.changed",
        category=AuditCategory.CATALOGUE,
        resource=attribute,
        before=before,
        after=_facts(attribute),
    )
    return attribute


@transaction.atomic
def delete_attribute(*, attribute: Attribute) -> None:
    """Delete an attribute that no product has. Raises DomainError (`attribute_used`, `attribute_gone`)."""
    lock_shop()
    attribute = _again(attribute)
    if attribute.specifications.exists():
        message = _("Products are described by this attribute. Take it from them first.")
        raise DomainError("attribute_used", message, status=409)
    record(
        action="store.attribute.deleted", category=AuditCategory.CATALOGUE, resource=attribute, before=_facts(attribute)
    )
    attribute.delete()


def _attribute_named(name: str) -> Attribute:
    existing = Attribute.objects.annotate(key=Lower("name")).filter(key=name.lower()).first()
    return existing or _add(name, is_filter=False)


def _add(name: str, *, is_filter: bool) -> Attribute:
    last = Attribute.objects.aggregate(last=Max("position"))["last"] or 0
    # A slug of 40 characters, with room for the number that makes it the only one.
    slug = free_slug_in(Attribute.objects.all(), name[: MAX_SLUG - 6], fallback="attribute")
    attribute = Attribute.objects.create(name=name, slug=slug, is_filter=is_filter, position=last + 1)
    record(
        action="store.attribute.created", category=AuditCategory.CATALOGUE, resource=attribute, after=_facts(attribute)
    )
    return attribute


def _again(attribute: Attribute) -> Attribute:
    current = Attribute.objects.filter(pk=attribute.pk).first()
    if current is None:
        raise DomainError("attribute_gone", _("This attribute was deleted in the meantime."), status=404)
    return current


def _check_name_free(name: str, *, but: Attribute | None = None) -> None:
    same = Attribute.objects.annotate(key=Lower("name")).filter(key=name.lower())
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise DomainError("attribute_taken", _("There is already an attribute of this name."), field="name")


def _facts(attribute: Attribute) -> dict[str, Any]:
    return {"name": attribute.name, "slug": attribute.slug, "is_filter": attribute.is_filter}
