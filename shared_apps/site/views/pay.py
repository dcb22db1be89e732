"""Paying an order by the link that was sent: whoever has it sees what is to be paid and pays, without a log-in.

The page says nothing of a person, robots are told not to keep it, and no other site learns its address.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.selectors import order_of_link
from shared_apps.core.errors import NotFound
from shared_apps.core.throttle import caller, check_rate, count_one
from shared_apps.site.doors import Door
from shared_apps.site.views import paying

View = Callable[[HttpRequest, Door], HttpResponse]

TEN_MINUTES = 600
MOST_MISSES = 30


def by_link(view: View) -> Callable[..., HttpResponse]:
    """Find the order of the link: 404 for any other address, and a pause for who tries many. In the order's language,
    unless the visitor chose another."""

    @wraps(view)
    @login_not_required
    @never_cache
    def opened(request: HttpRequest, id: UUID, token: str) -> HttpResponse:
        try:
            order = order_of_link(id, token)
        except NotFound:
            if count_one(action="pay-link-miss", who=caller(), seconds=TEN_MINUTES) > MOST_MISSES:
                check_rate(action="pay-link-pause", who=caller(), limit=0, seconds=TEN_MINUTES)
            raise
        if request.method == "POST":
            check_rate(action="pay-link", who=f"{order.pk} {caller()}", limit=40, seconds=TEN_MINUTES)
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        with translation.override(translation.get_language() if chosen else order.locale):
            answer = view(request, Door(order, by_link=True))
            answer.headers["Content-Language"] = translation.get_language() or order.locale
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    return opened


@require_safe
@by_link
def page(request: HttpRequest, door: Door) -> HttpResponse:
    """What is to be paid, and every way to."""
    return paying.show(request, door)


@require_safe
@by_link
def status(request: HttpRequest, door: Door) -> HttpResponse:
    """The live part of the page."""
    return paying.follow(request, door)


@require_POST
@by_link
def start(request: HttpRequest, door: Door) -> HttpResponse:
    """Begin to pay."""
    return paying.begin(request, door)


@require_POST
@by_link
def check(request: HttpRequest, door: Door) -> HttpResponse:
    """ "I have approved"."""
    return paying.check_now(request, door)


@require_POST
@by_link
def receipt(request: HttpRequest, door: Door) -> HttpResponse:
    """The proof of a transfer: few of them, for nobody is logged in."""
    check_rate(action="pay-link-receipt", who=str(door.order.pk), limit=10, seconds=3600)
    return paying.take_receipt(request, door)


@require_POST
@by_link
def renew(request: HttpRequest, door: Door) -> HttpResponse:
    """A renewal in place of one that can no longer be paid."""
    return paying.renew(request, door)
