"""What search engines ask for: robots.txt and the sitemap."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from shared_apps.core.context import tenant_url
from tenant_apps.store.presenting import sitemaps
from tenant_apps.team.access import TenantRequest

AN_HOUR = 3600
_ROBOTS = """User-agent: *
Disallow: /accounts/
Disallow: /addresses/
Disallow: /api/
Disallow: /cart/
Disallow: /checkout/
Disallow: /orders/
Disallow: /pay/
Disallow: /staff/
Sitemap: {sitemap}
"""


@login_not_required
@require_safe
@cache_control(public=True, max_age=AN_HOUR)
def robots(request: TenantRequest) -> HttpResponse:
    """What search engines should leave alone, and where the sitemap is."""
    sitemap = tenant_url(request.tenant.primary_host, reverse("store:sitemap"))
    return HttpResponse(_ROBOTS.format(sitemap=sitemap), content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
@cache_control(public=True, max_age=AN_HOUR)
def sitemap(request: TenantRequest) -> HttpResponse:
    """All public addresses of the shop, or the list of the parts that hold them."""
    host = request.tenant.primary_host
    parts = sitemaps.part_count()
    if parts == 1:
        return _xml(sitemaps.urls_xml(sitemaps.entries_of(1), host=host))
    locations = [reverse("store:sitemap_part", args=[number]) for number in range(1, parts + 1)]
    return _xml(sitemaps.index_xml(locations, host=host))


@login_not_required
@require_safe
@cache_control(public=True, max_age=AN_HOUR)
def sitemap_part(request: TenantRequest, number: int) -> HttpResponse:
    """One part of a long sitemap."""
    if not 1 <= number <= sitemaps.part_count():
        raise Http404
    return _xml(sitemaps.urls_xml(sitemaps.entries_of(number), host=request.tenant.primary_host))


def _xml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="application/xml; charset=utf-8")
