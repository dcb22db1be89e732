"""Pages of the catalogue that are the same for every visitor, made once in a while (`tenant_apps.store.kept`).

Only what is meant for somebody who is not logged in, and has nothing to be told, is kept: with a place for the token of forms
and one for the number of things in the cart, which are each visitor's own. Such a view must show nothing else that depends on
who asks: no cookie but these, nothing of the session, no address of the network.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.messages import get_messages
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language

from tenant_apps.store.kept import Kept
from tenant_apps.store.models import Shop
from tenant_apps.store.views.shell import CART_PLACE, pieces_in_cart, shop_of
from tenant_apps.team.access import TenantRequest

P = ParamSpec("P")
View = Callable[Concatenate[TenantRequest, P], HttpResponse]
MOST_SECONDS = 60
LONGEST_ADDRESS = 500
_TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]+"')
# Nobody's text can hold it, so nobody's text is ever taken for a place.
_TOKEN_PLACE = salted_hmac("store.kept", "form token").hexdigest()
_CART = re.compile(rf'<span class="count dot">{CART_PLACE}</span>')


def kept_for_visitors(*, telling: Callable[..., object] | None = None) -> Callable[[View[P]], View[P]]:
    """A view whose page is kept for visitors, no longer than its prices hold. `telling`, called as the view is, reads what
    it tells that changes without being watched: a kept page is shown only where that is as it was when it was made."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def inner(request: TenantRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not _is_for_every_visitor(request):
                return view(request, *args, **kwargs)
            page = Kept(_name_of(request, telling(request, *args, **kwargs) if telling else None))
            if page.html is not None:
                return HttpResponse(_for_one(request, page.html))
            response = _with_places(request, view, *args, **kwargs)
            html = _TOKEN.sub(rf'\g<1>{_TOKEN_PLACE}"', response.content.decode())
            if response.status_code == 200 and not response.cookies:  # a cookie is for one visitor, and so is its page
                page.keep(html, seconds=_how_long(shop_of(request)))
            response.content = _for_one(request, html)
            return response

        return inner

    return decorate


def _with_places(request: TenantRequest, view: View[P], *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
    """The view's page, with the place where `render_store` would write the visitor's own number."""
    request._store_kept = True  # type: ignore[attr-defined]  # ours alone
    try:
        return view(request, *args, **kwargs)
    finally:
        del request._store_kept  # type: ignore[attr-defined]  # an error's page has no place


def _is_for_every_visitor(request: TenantRequest) -> bool:
    address = request.get_full_path()
    if request.method != "GET" or len(address) > LONGEST_ADDRESS or request.user.is_authenticated:
        return False
    return not get_messages(request)


def _name_of(request: TenantRequest, told: object) -> str:
    """The same for all who are to see the same page: address, language, host, the release its styles are of, and what it
    tells."""
    release = getattr(staticfiles_storage, "manifest_hash", "")
    parts = (request.get_full_path(), get_language() or "", request.tenant.primary_host, release, repr(told))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _for_one(request: TenantRequest, html: str) -> str:
    """The page with this visitor's own token and number of things."""
    pieces = pieces_in_cart(request)
    shown = f'<span class="count dot">{pieces}</span>' if pieces else ""
    return _CART.sub(shown, html.replace(_TOKEN_PLACE, get_token(request)))


def _how_long(shop: Shop) -> int:
    """No longer than what visitors pay stays as it is."""
    until: Any = shop.prices_valid_until
    return MOST_SECONDS if until is None else min(MOST_SECONDS, int((until - timezone.now()).total_seconds()))
