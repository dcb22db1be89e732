"""Permissions of the workspaces' API."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenant_apps.team.selectors import permissions_of


class HasPermission(BasePermission):
    """Lets in those who hold the view's `permission`: one code, or one for each method.

    HEAD and OPTIONS ask for what GET asks for. A method without a code is refused.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        code = required_code(view.permission, request.method or "")
        return bool(code) and request.user.is_authenticated and code in permissions_of(request.user)


def required_code(permission: str | dict[str, str], method: str) -> str:
    """The code a method asks for; empty when the view names none."""
    if isinstance(permission, str):
        return permission
    return permission.get("GET" if method in ("HEAD", "OPTIONS") else method, "")
