"""The till's page, which works without a network once it was opened: its shell, its service worker and its manifest.

Nothing in them is about who is logged in: the device keeps them, whoever uses it next.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.money import exponent_of
from tenant_apps.store.selectors import shop as the_shop
from tenant_apps.store.texts.till import app_texts, method_choices
from tenant_apps.team.access import StaffRequest, TenantRequest, permission_required

APP = Path(__file__).resolve().parents[1] / "static" / "store" / "till"
SHARED = ("css/app.css", "img/favicon.svg")


@permission_required("store.use_till")
@require_safe
def app(request: StaffRequest) -> HttpResponse:
    """The till."""
    shop = the_shop()
    config = {
        "tenant": str(request.tenant.pk),
        "shop": shop.name,
        "currency": shop.currency,
        "exponent": exponent_of(shop.currency),
        "locale": get_language() or "fr",
        "methods": method_choices(),
        "urls": {
            "page": reverse("store:till"),
            "worker": reverse("store:till_worker"),
            "login": f"{reverse('account_login')}?next={reverse('store:till')}",
            "registers": reverse("store:till_registers"),
            "session": reverse("store:till_session_api"),
            "catalogue": reverse("store:till_catalogue_api"),
            "sales": reverse("store:till_sales_api"),
            "sale": reverse("store:till_find_api"),
            "customers": reverse("store:till_customers_api"),
            "prices": reverse("store:till_prices_api"),
            "returns": reverse("store:till_returns_api"),
        },
        "texts": app_texts(),
    }
    context = {"config": config, "shop": shop, "modules": f"{settings.STATIC_URL}store/till/"}
    return render(request, "store/till/app.html", context)


@login_not_required
@never_cache
@require_safe
def service_worker(request: TenantRequest) -> HttpResponse:
    """The script that keeps the till on the device. Served from here, so that its scope is the till and nothing else."""
    files = [f"{settings.STATIC_URL}store/till/{name}" for name in _modules()]
    files += [static(name) for name in SHARED]
    page = reverse("store:till")
    facts = json.dumps({"version": _version(tuple(files), get_language() or ""), "files": files, "page": page})
    text = f"const TILL = {facts};\n{(APP / 'sw.js').read_text()}"
    return HttpResponse(text, content_type="text/javascript; charset=utf-8")


@login_not_required
@require_safe
def manifest(request: TenantRequest) -> HttpResponse:
    """What a phone needs to put the till on its home screen."""
    name = the_shop().name
    icons = [
        {"src": static(f"img/app-icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    found: dict[str, Any] = {
        "name": _("Till of %(shop)s") % {"shop": name},
        "short_name": _("Till"),
        "start_url": reverse("store:till"),
        "scope": reverse("store:till"),
        "display": "standalone",
        "background_color": "#faf7f1",
        "theme_color": "#17553a",
        "lang": get_language() or "fr",
        "icons": icons,
    }
    return JsonResponse(found, content_type="application/manifest+json")


@cache
def _modules() -> tuple[str, ...]:
    """The till's own files that a page needs, relative to their folder."""
    kinds = {".js", ".css"}
    found = (str(path.relative_to(APP)) for path in APP.rglob("*") if path.suffix in kinds and path.name != "sw.js")
    return tuple(sorted(found))


@cache
def _version(files: tuple[str, ...], language: str) -> str:
    """Changes whenever a file of the till does, the page's own template included."""
    digest = hashlib.sha256(f"{files}{language}".encode())
    template = APP.parents[2] / "templates" / "store" / "till" / "app.html"
    texts = APP.parents[2] / "texts" / "till.py"
    for path in (*(APP / name for name in _modules()), APP / "sw.js", template, texts):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
