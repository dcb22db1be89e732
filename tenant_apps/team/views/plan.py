"""The workspace's plan, as its staff may see it."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from billing import quotas
from shared_apps.core.context import host_with_port, tenant_url
from shared_apps.organisations.own import own_domains, own_organisation
from tenant_apps.team.access import StaffRequest, staff_required
from tenant_apps.team.pages import render_workspace
from tenant_apps.team.selectors import standing_of


@staff_required
@require_safe
def plan(request: StaffRequest) -> HttpResponse:
    """Plan, limits and addresses; for owners, who can change it, also the end of the paid time and the way to where that is."""
    tenant = request.tenant
    limits, may_change = quotas.limits(), standing_of(request.user).is_owner
    addresses = [
        {"host": host_with_port(one.domain), "url": tenant_url(one.domain), "is_primary": one.is_primary}
        for one in own_domains()
    ]
    context = {
        "plan_name": tenant.plan_name,
        "may_change": may_change,
        "paid_until": own_organisation().paid_until if may_change else None,
        "limits": limits,
        "nearly_reached": [one for one in limits if one.is_nearly_reached],
        "upgrade_url": quotas.upgrade_url(),
        "addresses": addresses,
    }
    return render_workspace(request, "team/plan.html", context)
