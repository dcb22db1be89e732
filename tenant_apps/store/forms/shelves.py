"""What staff type about shelves, brands and attributes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenant_apps.store.models import Attribute, Brand, Category
from tenant_apps.store.selectors import Shelves
from tenant_apps.store.services import BrandDetails, ShelfDetails
from tenant_apps.team.forms import OneLineField, PhotoField, WorkspaceForm


def _description_field() -> forms.CharField:
    return OneLineField(
        label=gettext_lazy("Description"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Customers read it on top of the page."),
    )  # fmt: skip


class ShelfForm(WorkspaceForm):
    """A shelf. A shelf cannot be put on itself or below, so these are not offered."""

    name = OneLineField(label=gettext_lazy("Name"), max_length=80)
    parent = forms.ChoiceField(label=gettext_lazy("Stands on"), required=False)
    description = _description_field()
    photo = PhotoField(label=gettext_lazy("Photo"))

    def __init__(self, *args: Any, tree: Shelves, shelf: Category | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        below = tree.below(shelf) if shelf else []
        offered = [(str(one.pk), tree.full_name(one)) for one in tree.all if one.pk not in below]
        self.fields["parent"].choices = [("", _("Nothing: it is at the top")), *offered]  # type: ignore[attr-defined]

    @classmethod
    def values_of(cls, shelf: Category) -> dict[str, Any]:
        """A shelf as it goes into the form."""
        return {"name": shelf.name, "description": shelf.description, "parent": str(shelf.parent_id or "")}

    @property
    def details(self) -> ShelfDetails:
        data = self.cleaned_data
        parent_id = int(data["parent"]) if data["parent"] else None
        return ShelfDetails(name=data["name"], description=data["description"], parent_id=parent_id)


class BrandForm(WorkspaceForm):
    """A brand."""

    name = OneLineField(label=gettext_lazy("Name"), max_length=80)
    description = _description_field()
    photo = PhotoField(label=gettext_lazy("Logo"))

    @classmethod
    def values_of(cls, brand: Brand) -> dict[str, Any]:
        """A brand as it goes into the form."""
        return {"name": brand.name, "description": brand.description}

    @property
    def details(self) -> BrandDetails:
        return BrandDetails(name=self.cleaned_data["name"], description=self.cleaned_data["description"])


class AttributeForm(WorkspaceForm):
    """An attribute."""

    name = OneLineField(label=gettext_lazy("Name"), max_length=40)
    is_filter = forms.BooleanField(
        label=gettext_lazy("Customers may choose by it"), required=False,
        help_text=gettext_lazy("It is offered as a filter beside lists of products."),
    )  # fmt: skip

    @classmethod
    def values_of(cls, attribute: Attribute) -> dict[str, Any]:
        """An attribute as it goes into the form."""
        return {"name": attribute.name, "is_filter": attribute.is_filter}
