"""Entering a workspace by hand-over."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shared_apps.accounts.handover import redeem_handover


@login_not_required
@never_cache
@require_safe
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Redeem a hand-over token and go to the page asked for, else the workspace's first."""
    entry = redeem_handover(request=request, token=token)
    home = settings.PRODUCTS[request.tenant.product].home_path  # type: ignore[attr-defined]  # set by TenantMiddleware
    return HttpResponseRedirect(entry.next_path or home)
