from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenant_apps.team.permissions import Permission, RoleTemplate
from tenant_apps.team.products import NavEntry, ProductConfig


class EsxiConfig(ProductConfig):
    default = True
    name = "tenant_apps.esxi"
    label = "esxi"
    workspace_home = "esxi:dashboard"
    navigation = (
        NavEntry(_("Dashboard"), "esxi:dashboard", "layout-dashboard", permission="esxi.view_servers", short=_("Home")),
        NavEntry(_("Servers"), "esxi:servers", "server", prefix="/servers/", permission="esxi.view_servers"),
    )
    permissions_title = _("Backups")
    permissions = (
        Permission("esxi.view_servers", _("See servers and their state")),
        Permission("esxi.change_servers", _("Add, change and remove servers")),
    )
    roles = (
        RoleTemplate("operator", _("Operator"), ("esxi.view_servers", "esxi.change_servers", "team.view_members")),
        RoleTemplate("viewer", _("Viewer"), ("esxi.view_servers",)),
    )

    def ready(self) -> None:
        """Tell the rotation of keys where passwords are."""
        from shared_apps.core.secrets import Sealed, register_sealed
        from tenant_apps.esxi.models import Server
        from tenant_apps.esxi.services import place_of_password

        register_sealed(Sealed(Server, "password_ciphertext", place_of_password))
