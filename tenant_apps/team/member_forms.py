"""What people type about the team and its roles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shared_apps.accounts.signup_forms import TermsForm
from shared_apps.core.forms import RetypedNameField
from shared_apps.core.widgets import Card, RadioCards
from tenant_apps.team.forms import OneLineField, WorkspaceForm, key_field
from tenant_apps.team.models import Member, Role
from tenant_apps.team.permissions import TEAM_PERMISSIONS
from tenant_apps.team.policies import Standing
from tenant_apps.team.products import ProductConfig
from tenant_apps.team.selectors import role_standing

ADDRESS = {"autocomplete": "off", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}


class RoleChoiceForm(WorkspaceForm):
    """One of the roles a person may give."""

    def __init__(self, *args: Any, roles: list[Role], product: ProductConfig, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles = {role.key: role for role in roles}
        self.fields["role"] = forms.ChoiceField(
            label=_("Role"),
            choices=[(role.key, str(role)) for role in roles],
            widget=RadioCards(cards={role.key: Card(_sentence_of(role, product)) for role in roles}),
        )

    @property
    def chosen(self) -> Role:
        return self.roles[self.cleaned_data["role"]]


class InviteForm(RoleChoiceForm):
    """Whom to invite, as what."""

    key = key_field()
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs=ADDRESS),
        help_text=gettext_lazy("We send a link to it. It works once, for 14 days."),
    )


class TransferForm(WorkspaceForm):
    """Who becomes the owner, and the organisation's name, typed to be sure."""

    def __init__(self, *args: Any, others: list[Member], organisation: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = {str(member.user_id): member for member in others}
        people = [(key, _person(one)) for key, one in self.others.items()]
        self.fields["member"] = forms.ChoiceField(label=_("New owner"), choices=[("", _("Choose a person")), *people])
        self.fields["name"] = RetypedNameField(name=organisation)

    @property
    def chosen(self) -> Member:
        return self.others[self.cleaned_data["member"]]


class PermissionBoxes(forms.CheckboxSelectMultiple):
    """Checkboxes, some of which cannot be changed by whoever looks at them."""

    def __init__(self, *, locked: frozenset[str]) -> None:
        super().__init__()
        self.locked = locked

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.locked:
            option["attrs"]["disabled"] = True
        return option


class RoleForm(WorkspaceForm):
    """A role's name and what it allows. What one may not do oneself stays as it is."""

    key = key_field()
    name = OneLineField(label=gettext_lazy("Name"), max_length=60)

    def __init__(self, data: Any = None, *, role: Role | None, product: ProductConfig, mine: Standing) -> None:
        self.held = role_standing(role).codes if role else frozenset()
        super().__init__(data, initial={"name": str(role or ""), "permissions": sorted(self.held)})
        offered = [(product.permissions_title, product.permissions), (_("Team and settings"), TEAM_PERMISSIONS)]
        if role and role.for_customers:
            del offered[1]
        self.locked = frozenset(one.code for _title, group in offered for one in group) - mine.codes
        self.fields["permissions"] = forms.MultipleChoiceField(
            label=_("This role may"),
            required=not (role and role.for_customers) and not self.held & self.locked,
            error_messages={"required": _("Choose at least one thing this role may do.")},
            choices=[(title, [(one.code, one.label) for one in group]) for title, group in offered],
            widget=PermissionBoxes(locked=self.locked),
            help_text=_("What you may not do yourself cannot be changed here.") if self.locked else "",
        )
        if role and role.template_name:
            self.fields["name"].required = False
            self.fields["name"].help_text = _("Left empty, it is called “%(name)s”.") % {"name": role.template_name}

    @property
    def wanted(self) -> set[str]:
        return (set(self.cleaned_data["permissions"]) - self.locked) | (self.held & self.locked)


class JoinForm(TermsForm, WorkspaceForm):
    """An account for somebody invited. The password is shown again after an error so that nothing typed is lost."""

    first_name = OneLineField(
        label=gettext_lazy("First name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = OneLineField(
        label=gettext_lazy("Last name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        help_text=gettext_lazy("At least 10 characters. A short sentence is easy to remember."),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"}),
    )
    field_order = ("first_name", "last_name", "password", "consent")


def _person(member: Member) -> str:
    name = member.user.get_full_name()
    return f"{name} ({member.user.email})" if name else member.user.email


def _sentence_of(role: Role, product: ProductConfig) -> str:
    """What a role allows, in one line."""
    standing = role_standing(role)
    if standing.is_owner:
        return _("May do everything, and hand the workspace over.")
    labels = [str(one.label) for one in product.all_permissions() if one.code in standing.codes]
    if len(labels) == len(product.all_permissions()):
        return _("May do everything but hand the workspace over.")
    return " · ".join(labels) or _("May do nothing yet.")
