"""The one door to the pages of staff: it asks for a permission, never for a role's name."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.generic import View as ViewClass

from shared_apps.accounts.models import User
from shared_apps.core.way_back import ask_to_log_in
from shared_apps.organisations.current import Tenant
from tenant_apps.team.selectors import permissions_of, standing_of

View = Callable[..., Any]


class TenantRequest(HttpRequest):
    """A request on a tenant's host (for types only; the middleware sets `tenant`)."""

    tenant: Tenant


class StaffRequest(TenantRequest):
    """A request that came through `staff_required` or `permission_required`."""

    user: User


def is_staff(request: TenantRequest) -> bool:
    """Whether this person works here. Asked by pages that show more to staff."""
    return request.user.is_authenticated and request.user.is_staff


def may(request: TenantRequest, code: str) -> bool:
    """Whether this person has a permission. The first question of a request costs a query, later ones none."""
    return request.user.is_authenticated and code in permissions_of(request.user)


def permission_required(*codes: str) -> Callable[[View], View]:
    """Let in those who have the permission, or one of several: a visitor goes to the log-in page and comes back, anyone else
    gets a 403."""

    def decorate(view: View) -> View:
        return _door(view, lambda request: not permissions_of(request.user).isdisjoint(codes))

    return decorate


def staff_required(view: View) -> View:
    """Let everybody in who works here; for pages without a permission of their own."""
    return _door(view, lambda request: request.user.is_staff)


def owner_required(view: View) -> View:
    """Let owners in; for what no permission can allow."""
    return _door(view, lambda request: standing_of(request.user).is_owner)


class PermissionMixin(ViewClass):
    """`permission_required` for class-based views: they name their `permission`."""

    permission: str

    @classmethod
    def as_view(cls, **initkwargs: Any) -> View:
        """The view behind its door; a class without a permission cannot be used."""
        return permission_required(cls.permission)(super().as_view(**initkwargs))


def _door(view: View, is_welcome: Callable[[StaffRequest], bool]) -> View:
    @wraps(view)
    def wrapped(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return ask_to_log_in(request)
        if not is_welcome(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    # For whoever decides by the address alone (`baobab.standing`).
    wrapped.for_staff = True  # type: ignore[attr-defined]
    # LoginRequiredMiddleware would do the first half with another message; this door is the only one.
    return cast("View", login_not_required(never_cache(wrapped)))
