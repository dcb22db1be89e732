"""Forms about the people of an organisation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shared_apps.core.forms import RetypedNameField
from shared_apps.core.widgets import Card, RadioCards
from shared_apps.organisations.models import Membership
from shared_apps.site.forms.signup import set_choices

Role = Membership.Role
ROLES: dict[str, str | Promise] = {
    Role.OWNER: _("Owner"),
    Role.ADMIN: _("Administrator"),
    Role.BILLING: _("Billing"),
    Role.MEMBER: _("Member"),
}
_CARDS: dict[str, Card] = {
    Role.OWNER: Card(_("Everything: people, billing, the workspace, and handing it over.")),
    Role.ADMIN: Card(_("Manages members and billing people, and is an administrator of the workspace.")),
    Role.BILLING: Card(_("Looks after plan, payments and invoices. Does not open the workspace.")),
    Role.MEMBER: Card(_("Works in the workspace, with its smallest role to begin with.")),
}


def _role_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Role"), widget=RadioCards(cards=_CARDS))


def _offer(form: forms.Form, roles: Iterable[str]) -> None:
    set_choices(form, "role", [(role, ROLES[role]) for role in roles])


class InviteForm(forms.Form):
    """An address and the role it is offered."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("We send a link that works once, for 14 days."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email", "autocapitalize": "none"}),
    )
    role = _role_field()

    def __init__(self, *args: Any, roles: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, roles)


class RoleForm(forms.Form):
    """Another role for a member."""

    role = _role_field()

    def __init__(self, *args: Any, roles: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, roles)


class TransferForm(forms.Form):
    """Who becomes the owner; the organisation's name is typed to be sure."""

    member = forms.ChoiceField(label=_("New owner"))

    def __init__(self, *args: Any, members: Iterable[Membership], organisation_name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "member", [("", _("Choose somebody")), *((one.pk, _name_of(one)) for one in members)])
        self.fields["name"] = RetypedNameField(name=organisation_name)


def _name_of(membership: Membership) -> str:
    name = membership.user.get_full_name()
    return f"{name} ({membership.user.email})" if name else membership.user.email
