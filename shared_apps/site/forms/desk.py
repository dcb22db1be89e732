"""Forms of the back office's pages about organisations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.models import Payment
from provisioning.models import ProvisioningJob
from shared_apps.core.widgets import Card, RadioCards
from shared_apps.organisations.models import Organisation
from shared_apps.organisations.services.impersonation import Person
from shared_apps.site.forms.signup import set_choices
from shared_apps.site.plan_texts import PRODUCTS

Status = Organisation.Status
STATES = {
    Status.PROVISIONING: (_("Being prepared"), "info"),
    Status.ACTIVE: (pgettext_lazy("state", "Open"), "success"),
    Status.SUSPENDED: (_("Read-only"), "warning"),
    Status.CLOSED: (_("Closed"), "neutral"),
}

PAYMENT_STATES: dict[str, str | Promise] = {
    Payment.Status.CREATED: _("Begun"),
    Payment.Status.PENDING: _("Waiting"),
    Payment.Status.UNDER_REVIEW: _("To check"),
    Payment.Status.NEEDS_REVIEW: _("To decide"),
    Payment.Status.SUCCEEDED: _("Received"),
    Payment.Status.FAILED: _("Failed"),
    Payment.Status.EXPIRED: pgettext_lazy("payment", "Expired"),
    Payment.Status.CANCELLED: _("Given up"),
}
JOB_STATES: dict[str, str | Promise] = {
    ProvisioningJob.Status.QUEUED: _("Waiting"),
    ProvisioningJob.Status.RUNNING: _("Being prepared"),
    ProvisioningJob.Status.DONE: _("Ready"),
    ProvisioningJob.Status.STUCK: _("Stuck"),
}


class ClientFilter(forms.Form):
    """What the list of organisations shows."""

    q = forms.CharField(label=_("Name, address or owner"), required=False, max_length=120, widget=forms.SearchInput)
    status = forms.ChoiceField(label=_("State"), required=False)
    product = forms.ChoiceField(label=_("Product"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "status", [("", _("All")), *((key, words) for key, (words, _tone) in STATES.items())])
        set_choices(self, "product", [("", _("All")), *((key, one.name) for key, one in PRODUCTS.items())])


class SubscriptionSearch(forms.Form):
    """What the list of subscriptions looks for, within one view."""

    q = forms.CharField(label=_("Name, address or owner"), required=False, max_length=120, widget=forms.SearchInput)
    show = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)


class VisitForm(forms.Form):
    """Looking at a workspace as one of its people."""

    person = forms.ChoiceField(label=_("As whom"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("The owner receives it by mail and finds it in the workspace's activity log."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why: the owner reads it too.")},
    )
    mode = forms.ChoiceField(
        label=_("What you may do"),
        initial="read",
        choices=[("read", _("Look only")), ("change", _("Change things too"))],
        widget=RadioCards(
            cards={
                "read": Card(_("Nothing can be changed, whatever you click.")),
                "change": Card(_("Each change is noted with your name, in their log and ours.")),
            }
        ),
    )

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "person", [(str(one.id), _label(one)) for one in people])


def _label(person: Person) -> str:
    return f"{person.label} – {_('Owner')}" if person.is_owner else person.label
