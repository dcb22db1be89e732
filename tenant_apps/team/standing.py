"""What the workspace says to its staff while it is not paid, was cancelled, or is held."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from shared_apps.core.context import platform_url
from shared_apps.core.templatetags.ui import day
from shared_apps.organisations.current import Standing
from tenant_apps.team.access import StaffRequest
from tenant_apps.team.selectors import standing_of


def banner_of(request: StaffRequest) -> dict[str, Any] | None:
    """The banner over every page of staff, with the way to pay for owners; None while all is well, and then no query."""
    tenant = request.tenant
    standing = tenant.standing
    if standing is Standing.OPEN:
        return None
    dates = {
        "ended": day(tenant.paid_until), "until": day(tenant.grace_ends_at), "deleted": day(tenant.delete_after),
        "email": settings.SUPPORT_EMAIL,
    }  # fmt: skip
    banner = {"tone": "warning" if standing in (Standing.GRACE, Standing.PROVISIONAL) else "danger"}
    if standing is Standing.HELD:
        return {**banner, "text": _TEXTS[standing]() % dates}
    if not standing_of(request.user).is_owner:
        ask = _("Ask the owner of the organisation to renew it.")
        return {**banner, "text": f"{_TEXTS[standing]() % dates} {ask}"}
    words = _("Open it again") if standing is Standing.CANCELLED else _("Renew the subscription")
    url = platform_url(f"/organisations/{tenant.pk}/renew/")
    return {**banner, "text": _TEXTS[standing]() % dates, "url": url, "label": words}


_TEXTS = {
    Standing.GRACE: lambda: _("The subscription ended on %(ended)s. Everything works until %(until)s."),
    Standing.PROVISIONAL: lambda: _(
        "The subscription ended on %(ended)s. Everything still works for a short time, while a payment is being checked."
    ),
    Standing.UNPAID: lambda: _(
        "The subscription ended on %(ended)s. The workspace can be read; nothing can be changed until it is renewed."
    ),
    Standing.CANCELLED: lambda: _(
        "The subscription is cancelled. The workspace can be read until %(deleted)s; then it is deleted."
    ),
    Standing.HELD: lambda: _(
        "Our team holds this workspace: it can be read, and nothing can be changed. Write to %(email)s."
    ),
}
