"""Reading accounts and what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from shared_apps.accounts.agents import device_name
from shared_apps.accounts.models import (
    AccountRules,
    ApiSession,
    Consent,
    Follow,
    IdentityCheck,
    LoginAttempt,
    SignInProvider,
    SpokenLanguage,
    User,
)
from shared_apps.accounts.policies import Asked, Details


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser or a program that is logged in."""

    id: str
    device: str
    ip: str | None
    since: datetime
    seen_at: datetime
    is_current: bool = False


def open_browsers(user: User, *, current: str) -> list[OpenSession]:
    """The browsers that are logged in, the one with the session key `current` first. One query."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    rows = UserSession.objects.filter(user=user, session_key__in=alive).order_by("-last_seen_at")
    listed = [
        OpenSession(
            str(row.pk),
            device_name(row.user_agent),
            row.ip,
            row.created_at,
            row.last_seen_at,
            row.session_key == current,
        )
        for row in rows
    ]
    return sorted(listed, key=lambda one: not one.is_current)


def open_sessions_of(user: User) -> QuerySet[ApiSession]:
    """A person's log-ins over the API that are open, the one used last first."""
    return ApiSession.objects.filter(user=user, ended_at__isnull=True, expires_at__gt=timezone.now()).order_by(
        "-refreshed_at", "pk"
    )


def open_api_sessions(user: User) -> list[OpenSession]:
    """The same, as pages show them. One query."""
    return [
        OpenSession(str(row.pk), device_name(row.user_agent), row.ip, row.created_at, row.refreshed_at)
        for row in open_sessions_of(user)
    ]


def latest_attempts(user: User, *, limit: int = 10) -> list[LoginAttempt]:
    """The last tries to log in to an account, newest first. One query."""
    return list(user.login_attempts.order_by("-at", "-pk")[:limit])


def account_rules() -> AccountRules:
    """How people get an account in this schema; the defaults where nobody chose."""
    return AccountRules.objects.first() or AccountRules()


def asked_here() -> Asked:
    """What is asked of people who get an account in this schema."""
    rules = account_rules()
    return Asked(minimum_age=rules.minimum_age, languages=rules.languages_required)


def details_of(user: User) -> Details:
    """What a person has said of themselves."""
    spoken = list(user.languages.order_by("pk"))

    def codes(kind: str) -> tuple[str, ...]:
        return tuple(one.language for one in spoken if one.kind == kind)

    return Details(user.date_of_birth, codes(SpokenLanguage.Kind.NATIVE), codes(SpokenLanguage.Kind.TARGET))


def must_complete(user: User, *, today: date | None = None) -> bool:
    """Whether an account lacks what is asked here now. Whoever works here is asked nothing: it is they who ask."""
    if user.is_staff:
        return False
    asked = asked_here()
    return bool(asked) and not asked.is_met_by(details_of(user), today=today or timezone.localdate())


def sign_in_providers(*, active: bool = False) -> list[SignInProvider]:
    """The organisation's keys at Google and Facebook, or those in use."""
    rows = SignInProvider.objects.order_by("provider")
    return list(rows.filter(is_active=True) if active else rows)


def consents_of(user: User) -> QuerySet[Consent]:
    """What a person agreed to, newest first."""
    return user.consents.order_by("-given_at", "-pk")


def agrees_to(user: User, document: str) -> bool:
    """Whether a consent is open."""
    return user.consents.filter(document=document, withdrawn_at__isnull=True).exists()


def latest_check(user: User) -> IdentityCheck | None:
    """The identity check a person sent last."""
    return user.identity_checks.order_by("-submitted_at").first()


def is_identity_proved(user: User, *, today: date | None = None) -> bool:
    """Whether somebody approved this person's identity, and that still holds."""
    return user.identity_checks.filter(
        status=IdentityCheck.Status.APPROVED, expires_on__gte=today or timezone.localdate()
    ).exists()


def checks_to_review() -> QuerySet[IdentityCheck]:
    """Identity checks that wait, oldest first."""
    return (
        IdentityCheck.objects.filter(status=IdentityCheck.Status.PENDING)
        .select_related("user")
        .order_by("submitted_at", "pk")
    )


def checks_decided() -> QuerySet[IdentityCheck]:
    """Identity checks somebody decided, newest first."""
    return (
        IdentityCheck.objects.exclude(status=IdentityCheck.Status.PENDING)
        .select_related("user", "decided_by")
        .order_by("-decided_at", "pk")
    )


def check_of(check_id: UUID) -> IdentityCheck | None:
    return IdentityCheck.objects.select_related("user", "decided_by").filter(pk=check_id).first()


def public_person(person_id: UUID) -> User | None:
    """Somebody who works here, as everybody may see them."""
    return User.objects.filter(pk=person_id, is_staff=True, is_active=True).first()


def followed_by(user: User) -> QuerySet[Follow]:
    """Whom a person follows, those who left included so that they can be let go."""
    return Follow.objects.filter(follower=user).select_related("followed").order_by("followed__first_name", "pk")


def follow_of(*, follower: User, followed: User) -> Follow | None:
    return Follow.objects.filter(follower=follower, followed=followed).first()
