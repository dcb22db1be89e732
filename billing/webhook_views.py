"""Where providers tell us that something happened. Kept, answered, and looked at afterwards."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from billing import gateways
from billing.providers.parsing import MAX_WEBHOOK_BYTES
from billing.services.webhooks import WINDOW_SECONDS, sends_too_much, store_webhook
from billing.signing import callback_token_matches
from shared_apps.core.request_info import request_info


@csrf_exempt
@login_not_required
@require_POST
def paypal(request: HttpRequest) -> HttpResponse:
    """PayPal's webhooks. Kept before anything else; the signature is checked when the event is processed."""
    return _keep(request, provider=gateways.PAYPAL)


@csrf_exempt
@login_not_required
@require_http_methods(["POST", "PUT"])
def momo(request: HttpRequest, payment_id: UUID, token: str) -> HttpResponse:
    """MTN's callback for one payment: without a signature, so the address itself is the secret."""
    if not callback_token_matches(payment_id, token):
        raise Http404
    return _keep(request, provider=gateways.MTN_MOMO, payment_id=payment_id)


def _keep(request: HttpRequest, *, provider: str, payment_id: UUID | None = None) -> HttpResponse:
    remote_ip = request_info().ip
    if sends_too_much(remote_ip):
        return HttpResponse(status=429, headers={"Retry-After": str(WINDOW_SECONDS)})
    try:
        body = request.read(MAX_WEBHOOK_BYTES + 1)
    except UnreadablePostError:
        return HttpResponse(status=400)
    if len(body) > MAX_WEBHOOK_BYTES:
        return HttpResponse(status=413)
    store_webhook(
        provider=provider,
        headers=dict(request.headers),
        body=body,
        remote_ip=remote_ip,
        payment_id=payment_id,
    )
    return JsonResponse({"status": "received"})


urlpatterns = [
    path("paypal/", paypal, name="hook-paypal"),
    path("momo/<uuid:payment_id>/<str:token>/", momo, name="hook-momo"),
]
