"""The people and the files of a workspace."""

from __future__ import annotations

from tenant_apps.team.models.api_keys import ApiKey
from tenant_apps.team.models.members import Invitation, Member, Role
from tenant_apps.team.models.photos import Photo

__all__ = ["ApiKey", "Invitation", "Member", "Photo", "Role"]
