from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenant_apps.team.products import NavEntry, ProductConfig


class EsxiConfig(ProductConfig):
    default = True
    name = "tenant_apps.esxi"
    label = "esxi"
    workspace_home = "esxi:dashboard"
    navigation = (
        NavEntry(_("Dashboard"), "esxi:dashboard", "layout-dashboard"),
        NavEntry(_("Servers"), "esxi:servers", "server", prefix="/servers/"),
    )
