"""The inbox of what providers sent, and looking at a message once more."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from billing import gateways
from billing.method_names import method_name
from billing.models import WebhookEvent
from billing.services.webhooks import replay_stuck, replay_webhook
from shared_apps.audit.selectors import CappedPaginator
from shared_apps.core.errors import NotFound
from shared_apps.site import webhook_inbox as inbox
from shared_apps.site.forms.operations import WebhookFilter
from shared_apps.site.views.backoffice import platform_admin, render_backoffice
from shared_apps.site.views.backoffice_providers import rooms

PAGE = 50


@require_safe
@platform_admin
def webhooks(request: HttpRequest) -> HttpResponse:
    """What providers sent, the newest first. Four queries for the inbox, however much is in it."""
    form = WebhookFilter(request.GET)
    chosen = form.chosen()
    provider, search = chosen["provider"], chosen["q"]
    state = request.GET.get("state", "")
    state = state if state in (*inbox.STATES, inbox.STUCK) else ""
    counts = inbox.counts()
    page = CappedPaginator(inbox.events(provider=provider, state=state, search=search), PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "form": form,
        "page": page,
        "rows": [_row(event) for event in page.object_list],
        "states": _tabs(counts, provider=provider, state=state, search=search),
        "stuck": [(name, method_name(name), number) for name, number in sorted(counts.stuck.items())],
        "is_filtered": bool(provider or search or state),
        "state": state,
        **rooms("webhooks"),
    }
    return render_backoffice(request, "webhooks.html", context)


@require_safe
@platform_admin
def webhook(request: HttpRequest, id: int) -> HttpResponse:
    """One message as it came, with what was made of it."""
    event = inbox.get_event(id)
    context = {
        **_row(event),
        "body": inbox.body_of(event),
        "headers": [{"label": name, "value": value} for name, value in sorted(event.headers.items())],
    }
    return render_backoffice(request, "webhook.html", context)


@require_POST
@platform_admin
def replay(request: HttpRequest, id: int) -> HttpResponse:
    """Look at a message once more."""
    replay_webhook(event=inbox.get_event(id), actor=request.user)
    messages.success(request, _("It is looked at once more. Refresh this page in a moment."))
    return redirect("backoffice_webhook", id=id)


@require_POST
@platform_admin
def replay_all(request: HttpRequest) -> HttpResponse:
    """Look at every message of a provider once more that is stuck."""
    provider = request.POST.get("provider", "")
    if provider not in gateways.NAMES:
        raise NotFound
    count = replay_stuck(provider=provider, actor=request.user)
    text = ngettext("%(count)d message is looked at once more.", "%(count)d messages are looked at once more.", count)
    messages.success(request, text % {"count": count})
    return redirect(f"{reverse('backoffice_webhooks')}?{urlencode({'provider': provider})}")


def _row(event: WebhookEvent) -> dict[str, Any]:
    state, tone = inbox.STATES[event.status]
    return {"event": event, "provider": method_name(event.provider), "state": state, "tone": tone}


def _tabs(counts: inbox.Counts, *, provider: str, state: str, search: str) -> list[dict[str, Any]]:
    kept = {name: value for name, value in {"provider": provider, "q": search}.items() if value}
    labels = {"": _("All"), inbox.STUCK: _("Stuck"), **{name: label for name, (label, _tone) in inbox.STATES.items()}}
    return [
        {
            "url": f"?{urlencode({**kept, 'state': name} if name else kept)}",
            "label": label,
            "current": name == state,
            "count": counts.of(provider, name),
        }
        for name, label in labels.items()
    ]
