"""The link of an invitation to an organisation."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shared_apps.accounts.services.registration import is_verified
from shared_apps.core.errors import DomainError
from shared_apps.organisations.services.invitations import accept_invitation, check_open, find_invitation
from shared_apps.site.forms.members import ROLES
from shared_apps.site.pages import render_page
from shared_apps.site.waiting_place import remember_invitation


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites whom to what; a button takes the place (mail scanners open links, and must not).

    Visitors log in or sign up and come back. Whoever is logged in with another address is told so.
    """
    found = find_invitation(token)
    user = request.user
    is_theirs = user.is_authenticated and user.email == found.email and is_verified(user)  # type: ignore[arg-type]  # the accounts' User
    error: DomainError | None = None
    if request.method == "POST" and is_theirs:
        try:
            place = accept_invitation(token=token, user=user)
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, _("You belong to %(name)s now.") % {"name": place.organisation.name})
            return redirect("organisation", id=place.organisation_id)
    elif not (is_theirs and found.accepted_at):
        try:
            check_open(found)
        except DomainError as ended:
            error = ended
    if error is None and not user.is_authenticated:
        remember_invitation(request, token, found.email)
    context = {"invitation": found, "role": ROLES[found.role], "is_theirs": is_theirs, "error": error}
    return render_page(request, "invitation.html", context, status=error.status if error else 200)
