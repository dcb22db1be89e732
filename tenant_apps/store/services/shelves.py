"""Writing the tree of shelves. Every function locks the shop, so that two moves cannot make a circle between them; each is
one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Category
from tenant_apps.store.selectors.shelves import MAX_DEPTH, MAX_SHELVES, Shelves, read_shelves
from tenant_apps.store.services.shop import lock_shop
from tenant_apps.store.services.words import write_words_of
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import free_slug_in
from tenant_apps.team.services.photos import discard_photos


@dataclass(frozen=True, slots=True)
class ShelfDetails:
    """What staff type about a shelf; `parent_id` is the shelf it is on, None at the top."""

    name: str
    description: str = ""
    parent_id: int | None = None


@transaction.atomic
def add_shelf(*, details: ShelfDetails, photo: Photo | None = None) -> Category:
    """Add a shelf behind its sisters. Raises DomainError (`shelf_taken`, `shelf_too_deep`, `shelf_gone`, `too_many_shelves`)."""
    lock_shop()
    tree = read_shelves()
    check_room_for_shelf(len(tree.all))
    _check_place(tree, details, None)
    shelf = Category.objects.create(
        name=details.name,
        slug=free_slug_in(Category.objects.all(), details.name, fallback="category"),
        description=details.description,
        parent_id=details.parent_id,
        position=_last_position() + 1,
        photo=photo,
    )
    record(action="store.category.created", category=AuditCategory.CATALOGUE, resource=shelf, after=_facts(shelf))
    return shelf


@transaction.atomic
def shelf_at(*, path: Sequence[str]) -> Category:
    """The shelf at the end of a path from the top down, whatever the case; what is missing of it is added. Locks the shop.
    Raises DomainError (`shelf_too_deep`, `too_many_shelves`)."""
    lock_shop()
    shelf: Category | None = None
    for name in path:
        parent_id = shelf.pk if shelf else None
        there = Category.objects.filter(parent=parent_id, name__iexact=name).first()
        shelf = there or add_shelf(details=ShelfDetails(name, parent_id=parent_id))
    if shelf is None:
        raise ValueError("a path has a name at least")
    return shelf


@transaction.atomic
def change_shelf(
    *, shelf: Category, details: ShelfDetails, photo: Photo | None = None, remove_photo: bool = False
) -> Category:
    """Rename, describe or move a shelf with all below it. Its address stays.

    Raises DomainError (`shelf_taken`, `shelf_too_deep`, `shelf_in_itself`, `shelf_gone`).
    """
    lock_shop()
    shelf = _again(shelf)
    _check_place(read_shelves(), details, shelf)
    before, old = _facts(shelf), shelf.photo
    if shelf.parent_id != details.parent_id:
        shelf.parent_id = details.parent_id
        shelf.position = _last_position() + 1
    shelf.name = details.name
    shelf.description = details.description
    if photo or remove_photo:
        shelf.photo = photo
    shelf.save()
    if shelf.name != before["name"]:
        write_words_of(shelf.products.all())
    if old and old != shelf.photo:
        discard_photos(photos=[old])
    record(
        action="store.category.changed",
        category=AuditCategory.CATALOGUE,
        resource=shelf,
        before=before,
        after=_facts(shelf),
    )
    return shelf


@transaction.atomic
def move_shelf(*, shelf: Category, up: bool) -> None:
    """Change places with the sister before or behind it. The first stays first and the last stays last."""
    lock_shop()
    shelf = _again(shelf)
    sisters = list(Category.objects.filter(parent=shelf.parent_id).order_by("position", "id"))
    at = next(number for number, sister in enumerate(sisters) if sister.pk == shelf.pk)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(sisters):
        return
    before = [sister.name for sister in sisters]
    sisters[at], sisters[to] = sisters[to], sisters[at]
    # Positions may be equal after a move from elsewhere, so all sisters are numbered anew.
    for position, sister in enumerate(sisters, start=1):
        Category.objects.filter(pk=sister.pk).exclude(position=position).update(position=position)
    record(
        action="store.category.moved",
        category=AuditCategory.CATALOGUE,
        resource=shelf,
        before={"positions": before},
        after={"positions": [sister.name for sister in sisters]},
    )


@transaction.atomic
def delete_shelf(*, shelf: Category) -> None:
    """Delete an empty shelf. Raises DomainError (`shelf_not_empty`, `shelf_gone`)."""
    lock_shop()
    shelf = _again(shelf)
    if shelf.children.exists() or shelf.products.exists():
        message = _("There are products or shelves on it. Move them elsewhere first.")
        raise DomainError("shelf_not_empty", message, status=409)
    photo = shelf.photo
    record(action="store.category.deleted", category=AuditCategory.CATALOGUE, resource=shelf, before=_facts(shelf))
    shelf.delete()
    if photo:
        discard_photos(photos=[photo])


def check_room_for_shelf(there: int, *, field: str = "") -> None:
    """Pass where one more shelf may be added to so many: the tree is read whole. Raises DomainError (`too_many_shelves`)."""
    if there >= MAX_SHELVES:
        message = _("A shop has at most %(limit)s shelves.") % {"limit": MAX_SHELVES}
        raise DomainError("too_many_shelves", message, field=field)


def _again(shelf: Category) -> Category:
    current = Category.objects.select_related("photo").filter(pk=shelf.pk).first()
    if current is None:
        raise DomainError("shelf_gone", _("This shelf was deleted in the meantime."), status=404)
    return current


def _check_place(tree: Shelves, details: ShelfDetails, shelf: Category | None) -> None:
    """Pass where a shelf may stand: on one that is there and not below itself, not too deep, with a name of its own."""
    parent = tree.by_id.get(details.parent_id) if details.parent_id else None
    if details.parent_id and parent is None:
        message = _("This shelf was deleted in the meantime. Choose another one.")
        raise DomainError("shelf_gone", message, field="parent")
    if shelf and parent and shelf.pk in tree.path_ids(parent):
        raise DomainError("shelf_in_itself", _("A shelf cannot be on itself or on one below it."), field="parent")
    depth = len(tree.path_ids(parent)) if parent else 0
    if depth + (tree.height(shelf) if shelf else 1) > MAX_DEPTH:
        message = _("Shelves go at most %(depth)s levels deep.") % {"depth": MAX_DEPTH}
        raise DomainError("shelf_too_deep", message, field="parent")
    sisters = [one for one in tree.all if one.parent_id == details.parent_id and (shelf is None or one.pk != shelf.pk)]
    if details.name.lower() in {one.name.lower() for one in sisters}:
        raise DomainError("shelf_taken", _("There is already a shelf of this name here."), field="name")


def _last_position() -> int:
    return Category.objects.aggregate(last=Max("position"))["last"] or 0


def _facts(shelf: Category) -> dict[str, Any]:
    return {
        "name": shelf.name,
        "slug": shelf.slug,
        "description": shelf.description,
        "parent": shelf.parent_id,
        "photo": bool(shelf.photo_id),
    }
