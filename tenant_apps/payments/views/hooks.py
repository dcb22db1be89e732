"""Where providers tell a tenant that something happened. Kept, answered, and looked at afterwards."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from billing.providers.parsing import MAX_WEBHOOK_BYTES
from shared_apps.core.request_info import request_info
from tenant_apps.payments.keys import SETUPS
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.sealing import callback_token_matches
from tenant_apps.payments.services.notices import WINDOW_SECONDS, keep_notice, sends_too_much


@csrf_exempt
@login_not_required
@require_http_methods(["POST", "PUT"])
def hook(request: HttpRequest, method: str) -> HttpResponse:
    """Signed webhooks. Kept before anything else; the signature is checked when the message is looked at."""
    if method not in SETUPS or not SETUPS[method].has_webhook or not Method.objects.filter(pk=method).exists():
        raise Http404
    return _keep(request, method, None)


@csrf_exempt
@login_not_required
@require_http_methods(["POST", "PUT"])
def hook_payment(request: HttpRequest, method: str, payment_id: UUID, token: str) -> HttpResponse:
    """A callback for one payment, of providers that sign nothing: the address itself is the secret."""
    payment = Payment.objects.filter(pk=payment_id, method=method).first()
    if payment is None or not callback_token_matches(payment, token):
        raise Http404
    return _keep(request, method, payment)


def _keep(request: HttpRequest, method: str, payment: Payment | None) -> HttpResponse:
    remote_ip = request_info().ip
    if sends_too_much(remote_ip):
        return HttpResponse(status=429, headers={"Retry-After": str(WINDOW_SECONDS)})
    try:
        body = request.read(MAX_WEBHOOK_BYTES + 1)
    except UnreadablePostError:
        return HttpResponse(status=400)
    if len(body) > MAX_WEBHOOK_BYTES:
        return HttpResponse(status=413)
    keep_notice(method=method, headers=dict(request.headers), body=body, remote_ip=remote_ip, payment=payment)
    return JsonResponse({"status": "received"})
