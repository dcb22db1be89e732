"""The activity log of a workspace: `/api/v1/audit/logs/`."""

from __future__ import annotations

from shared_apps.audit.api import audit_urls
from tenant_apps.team.api.base import TenantApiView


class AuditView(TenantApiView):
    """For those who may read the activity log."""

    permission = "team.view_audit"


urlpatterns = audit_urls(AuditView, prefix="api-v1-audit")
