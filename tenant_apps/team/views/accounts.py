"""How customers get an account and sign in: the organisation's choices."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shared_apps.accounts.models import SignInProvider
from shared_apps.accounts.selectors import account_rules, sign_in_providers
from shared_apps.accounts.services.rules import save_provider, save_rules
from shared_apps.core.context import own_url
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.account_forms import ProviderForm, RulesForm
from tenant_apps.team.forms import save_form
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace

MANAGE = "team.manage_accounts"
# Where the keys are made.
CONSOLES = {
    SignInProvider.Provider.GOOGLE: "https://console.cloud.google.com/apis/credentials",
    SignInProvider.Provider.FACEBOOK: "https://developers.facebook.com/apps/",
}


@permission_required(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def accounts(request: StaffRequest) -> HttpResponse:
    """The rules for new accounts, and the providers."""
    if request.method != "POST":
        return _page(request, RulesForm.of(account_rules()))
    form = RulesForm(request.POST)
    if save_form(form, lambda: save_rules(**form.values(), by=request.user)) is None:
        return _page(request, form, status=UNPROCESSABLE)
    messages.success(request, _("Saved. It holds for everybody who registers or logs in from now on."))
    return redirect("team:accounts")


def _page(request: StaffRequest, form: RulesForm, *, status: int = 200) -> HttpResponse:
    rows = {row.provider: row for row in sign_in_providers()}
    providers = [{"key": one.value, "name": one.label, "row": rows.get(one.value)} for one in SignInProvider.Provider]
    context = {"form": form, "providers": providers, "signup_url": own_url(reverse("account_signup"))}
    return render_workspace(request, "team/accounts.html", context, status=status)


@permission_required(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def provider(request: StaffRequest, key: str) -> HttpResponse:
    """The organisation's keys at one provider."""
    if key not in SignInProvider.Provider.values:
        raise Http404
    row = next((one for one in sign_in_providers() if one.provider == key), None)
    form = ProviderForm(request.POST or None, row=row)
    if request.method == "POST":
        saved = save_form(form, lambda: save_provider(provider=key, by=request.user, **form.cleaned_data))
        if saved is not None:
            messages.success(request, _("Saved. The secret is sealed and is not shown again."))
            return redirect("team:accounts")
    status = UNPROCESSABLE if form.errors else 200
    return render_workspace(request, "team/provider.html", _about(key, form), status=status)


def _about(key: str, form: ProviderForm) -> dict[str, Any]:
    chosen = SignInProvider.Provider(key)
    return {
        "form": form,
        "key": key,
        "name": chosen.label,
        "console_url": CONSOLES[chosen],
        "callback": own_url(reverse(f"{key}_callback")),
        "crumbs": [{"url": reverse("team:accounts"), "label": _("Customers' accounts")}, {"label": chosen.label}],
    }
