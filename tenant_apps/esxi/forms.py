"""What staff type about a server."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shared_apps.core.errors import DomainError
from shared_apps.core.hosts import check_host
from tenant_apps.esxi.models import Server
from tenant_apps.esxi.services import ServerDetails
from tenant_apps.team.forms import OneLineField, WorkspaceForm, key_field

HEX_64 = re.compile(r"[0-9A-F]{64}")
NO_HELP = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class ServerForm(WorkspaceForm):
    """A server. The password goes one way: it is never put back into a page, not even after an error."""

    key = key_field()
    name = OneLineField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("How your team calls this server.")
    )
    host = forms.CharField(
        label=gettext_lazy("Host name or IP address"), max_length=260,
        widget=forms.TextInput(attrs={**NO_HELP, "inputmode": "url"}),
        help_text=gettext_lazy("For example esxi1.example.com or 192.168.1.20."),
    )  # fmt: skip
    port = forms.IntegerField(
        label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=443,
        widget=forms.NumberInput(attrs={"class": "input-short", "inputmode": "numeric"}),
    )  # fmt: skip
    username = forms.CharField(
        label=gettext_lazy("Account"), max_length=128, widget=forms.TextInput(attrs=NO_HELP),
        help_text=gettext_lazy("An account of the host that may back up virtual machines."),
    )  # fmt: skip
    password = forms.CharField(
        label=gettext_lazy("Password"), max_length=256, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "input-medium"}),
        help_text=gettext_lazy("Encrypted before it is stored, and never shown again."),
    )  # fmt: skip
    thumbprint = forms.CharField(
        label=gettext_lazy("Certificate thumbprint (SHA-256)"), max_length=120, required=False,
        widget=forms.TextInput(attrs={**NO_HELP, "class": "mono"}),
        help_text=gettext_lazy("Connections are refused if the server shows another certificate."),
    )  # fmt: skip

    def __init__(self, *args: Any, server: Server | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        password = self.fields["password"]
        if server:
            password.required = False
            password.help_text = _("Leave empty to keep the one that is stored.")
        if self.typed_password and server:
            password.help_text = _(
                "Type the new one again: it is never sent back to this page. Left empty, the stored one is kept."
            )
        elif self.typed_password:
            password.help_text = _("Type it again: it is never sent back to this page.")

    @property
    def typed_password(self) -> bool:
        """Whether a password was sent that this page will not show, so that it must be typed again."""
        return self.is_bound and bool(self.data.get("password"))

    @classmethod
    def values_of(cls, server: Server) -> dict[str, Any]:
        """A server as it goes into the form, without its password."""
        same = ("name", "host", "port", "username", "thumbprint")
        return {name: getattr(server, name) for name in same} | {"key": server.pk}

    def clean_host(self) -> str:
        try:
            return check_host(self.cleaned_data["host"])
        except DomainError as error:
            raise forms.ValidationError(str(error.message)) from None

    def clean_thumbprint(self) -> str:
        """Hex with or without separators, stored in capitals with colons."""
        digits = re.sub(r"[\s:.-]", "", self.cleaned_data["thumbprint"]).upper()
        if not digits:
            return ""
        if not HEX_64.fullmatch(digits):
            raise forms.ValidationError(_("A SHA-256 thumbprint has 64 digits from 0 to 9 and A to F."))
        return ":".join(digits[start : start + 2] for start in range(0, 64, 2))

    @property
    def details(self) -> ServerDetails:
        return ServerDetails(**{name: value for name, value in self.cleaned_data.items() if name != "key"})


class RemoveForm(WorkspaceForm):
    """The name of the server, typed to be sure."""

    name = forms.CharField(
        label=gettext_lazy("Name of the server"), max_length=200, widget=forms.TextInput(attrs=NO_HELP)
    )
