"""The section about the people one follows."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shared_apps.accounts.models import User
from shared_apps.accounts.pages import AccountRequest, render_account
from shared_apps.accounts.selectors import followed_by, public_person
from shared_apps.accounts.services.following import follow, set_notify, unfollow
from shared_apps.accounts.views.signup import safe_next
from shared_apps.core.errors import NotFound


@never_cache
@require_safe
def following(request: AccountRequest) -> HttpResponse:
    """Whom this person follows, and of whom they want to hear."""
    return render_account(request, "following.html", {"follows": followed_by(request.user)})


@require_POST
def change(request: AccountRequest, person_id: UUID) -> HttpResponse:
    """Follow, stop following, or switch notifications: the button says which."""
    wanted = request.POST.get("do")
    if wanted == "follow":
        follow(follower=request.user, followed=_person(public_person(person_id)))
    else:
        # Whoever left the team can still be let go.
        followed = _person(User.objects.filter(pk=person_id, followers__follower=request.user).first())
        if wanted == "unfollow":
            unfollow(follower=request.user, followed=followed)
        elif wanted in ("notify", "quiet"):
            set_notify(follower=request.user, followed=followed, notify=wanted == "notify")
    return redirect(safe_next(request) or "account_following")


def _person(found: User | None) -> User:
    if found is None:
        raise NotFound
    return found
