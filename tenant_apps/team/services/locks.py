"""The one lock of everything about a workspace's people."""

from __future__ import annotations

from tenant_apps.team.models import Role


def lock_team() -> Role:
    """Lock the owner's role until the end of the transaction; returns it. Accounts are locked after it, never before."""
    return Role.objects.select_for_update().get(key=Role.OWNER)
