"""The tree of shelves, read whole by one query: a shop has some hundreds of them at most."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from tenant_apps.store.models import Category

MAX_DEPTH = 4
MAX_SHELVES = 500


@dataclass(frozen=True)
class Shelves:
    """All shelves, each before those below it. A shelf's `tree_path` holds its ancestors' ids and its own."""

    all: list[Category] = field(default_factory=list)

    @cached_property
    def by_id(self) -> dict[int, Category]:
        return {shelf.pk: shelf for shelf in self.all}

    @cached_property
    def by_slug(self) -> dict[str, Category]:
        return {shelf.slug: shelf for shelf in self.all}

    def path_ids(self, shelf: Category) -> list[int]:
        """The ids from the top down to the shelf itself."""
        return list(getattr(self.by_id[shelf.pk], "tree_path", []))

    def path(self, shelf: Category) -> list[Category]:
        """The shelves from the top down to the shelf itself."""
        return [self.by_id[pk] for pk in self.path_ids(shelf)]

    def below(self, shelf: Category) -> list[int]:
        """The ids of a shelf and of all below it."""
        return [one.pk for one in self.all if shelf.pk in self.path_ids(one)]

    def children(self, shelf: Category | None) -> list[Category]:
        """The shelves directly on a shelf; those of the top for None."""
        parent_id = shelf.pk if shelf else None
        return [one for one in self.all if one.parent_id == parent_id]

    def height(self, shelf: Category) -> int:
        """How many levels a shelf takes with all below it: 1 when there is nothing below."""
        own = len(self.path_ids(shelf))
        return max(len(self.path_ids(self.by_id[pk])) for pk in self.below(shelf)) - own + 1

    def full_name(self, shelf: Category) -> str:
        """ "Mode › Robes": how a shelf is told from another of its name."""
        return " › ".join(one.name for one in self.path(shelf))


def read_shelves() -> Shelves:
    """The tree as it is now, in one query."""
    return Shelves(list(Category.objects.with_tree_fields().select_related("photo")))
