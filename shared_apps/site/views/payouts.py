"""What the platform pays out to an organisation, for those who look after its billing."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.models import Payout
from billing.selectors import access_payout
from billing.services.documents import payout_pdf
from shared_apps.core.downloads import SEALED
from shared_apps.core.throttle import check_rate
from shared_apps.site import commissions_desk as desk
from shared_apps.site.billing_page import tabs_of
from shared_apps.site.portal import render_portal
from shared_apps.site.views.plan import access_to_pay

PER_PAGE = 20


@never_cache
@require_safe
def payouts(request: HttpRequest, id: UUID) -> HttpResponse:
    """Every statement, and what was sold since the last one."""
    place, _subscription = access_to_pay(request, id)
    organisation = place.organisation
    page = Paginator(Payout.objects.filter(organisation=organisation), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "sections": tabs_of(place, "organisation_payouts"),
        "sums": desk.open_sums(organisation),
        "page": page,
        "rows": desk.payout_rows(page.object_list, states=desk.STATES_OF_TENANT),
    }
    return render_portal(request, place, "payouts.html", context)


@require_safe
def statement(request: HttpRequest, id: UUID) -> HttpResponse:
    """A statement as PDF, for who may see it; ten times a minute at most, for it is drawn each time."""
    found = access_payout(request.user, id)
    check_rate(action="payout-pdf", who=str(request.user.pk), limit=10, seconds=60)
    return HttpResponse(
        payout_pdf(found),
        content_type="application/pdf",
        headers={**SEALED, "Content-Disposition": f'attachment; filename="{found.number}.pdf"'},
    )
