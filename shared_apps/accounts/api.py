"""Registering, logging in and out over the API: `/api/auth/`, on the public host and on every tenant's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import path
from django.utils import translation
from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shared_apps.accounts.models import ApiSession, User
from shared_apps.accounts.policies import Details
from shared_apps.accounts.selectors import open_sessions_of
from shared_apps.accounts.services import registration as services
from shared_apps.accounts.services.api_sessions import end_session, log_in, refresh_session, start_session
from shared_apps.accounts.services.sessions import end_all_sessions
from shared_apps.accounts.tokens import TenantAccessToken, TenantJWTAuthentication
from shared_apps.core.api import PAGE_PARAMETER, ApiView, OpenView, errors, one_line, page_of, paginated, validated


class BearerScheme(SimpleJWTScheme):
    """How the OpenAPI document describes our authentication. drf-spectacular finds it by being defined."""

    target_class = "shared_apps.accounts.tokens.TenantJWTAuthentication"


class _AddressField(serializers.EmailField):
    """An e-mail address in lower case, measured as it will be stored."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


def _languages(help_text: str) -> serializers.ListField:
    code = serializers.CharField(max_length=2, help_text="ISO 639-1")
    return serializers.ListField(child=code, required=False, max_length=10, write_only=True, help_text=help_text)


class RegisterSerializer(serializers.Serializer):
    email = _AddressField(max_length=254)
    password = serializers.CharField(max_length=256, trim_whitespace=False, write_only=True)
    first_name = serializers.CharField(max_length=100, allow_blank=True, default="", validators=[one_line])
    last_name = serializers.CharField(max_length=100, allow_blank=True, default="", validators=[one_line])
    consent = serializers.BooleanField(write_only=True, help_text="The terms were accepted; must be true.")
    marketing = serializers.BooleanField(default=False, write_only=True, help_text="News may be sent.")
    locale = serializers.ChoiceField(choices=["fr", "en"], required=False, write_only=True)
    date_of_birth = serializers.DateField(
        required=False, allow_null=True, write_only=True, help_text="Where a minimum age is asked."
    )
    native_languages = _languages("Spoken from birth; at least one where languages are asked.")
    target_languages = _languages("To be practised; at least one where languages are asked.")


class RegisteredSerializer(serializers.Serializer):
    email = serializers.EmailField()
    verification_required = serializers.BooleanField()


class VerifySerializer(serializers.Serializer):
    email = _AddressField(max_length=254)
    code = serializers.CharField(max_length=20, help_text="The six digits that were sent.")


class VerifiedSerializer(serializers.Serializer):
    verified = serializers.BooleanField()
    access = serializers.CharField()
    refresh = serializers.CharField()


class LogInSerializer(serializers.Serializer):
    email = _AddressField(max_length=254)
    password = serializers.CharField(max_length=256, trim_whitespace=False, write_only=True)
    way = serializers.ChoiceField(
        choices=["totp", "sms", "email", "recovery"],
        required=False,
        help_text="How the second factor is proved; one of the `ways` that the answer `second_factor_required` names.",
    )
    code = serializers.CharField(
        max_length=20,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="The code of the second factor, for accounts that have one. Left out, one is sent where one can be.",
    )


class RefreshSerializer(serializers.Serializer):
    refresh = serializers.CharField(max_length=4000)


class TokensSerializer(serializers.Serializer):
    access = serializers.CharField(help_text="Bearer token for requests; lives 15 minutes.")
    refresh = serializers.CharField(help_text="For new tokens; lives 7 days and works once.")


class AddressSerializer(serializers.Serializer):
    email = _AddressField(max_length=254)


class RegisterView(OpenView):
    rate = "register"

    @extend_schema(
        tags=["auth"],
        summary="Register",
        description="Makes an account and sends a six-digit code to its address. Five requests a minute per caller.",
        request=RegisterSerializer,
        responses={201: RegisteredSerializer, **errors(400, 409, 429)},
    )
    def post(self, request: Request) -> Response:
        given = validated(RegisterSerializer, request)
        given.setdefault("locale", translation.get_language() or settings.LANGUAGE_CODE)
        details = Details(
            given.pop("date_of_birth", None),
            tuple(given.pop("native_languages", ())),
            tuple(given.pop("target_languages", ())),
        )
        user = services.register_account(**given, details=details)
        return Response({"email": user.email, "verification_required": True}, status=201)


class VerifyEmailView(OpenView):
    rate = "verify"

    @extend_schema(
        tags=["auth"],
        summary="Confirm the address",
        request=VerifySerializer,
        responses={200: VerifiedSerializer, **errors(400, 429)},
    )
    def post(self, request: Request) -> Response:
        user = services.verify_email(**validated(VerifySerializer, request), password=None)
        return Response({"verified": True, **start_session(user=user)})


class ResendCodeView(OpenView):
    rate = "verify"

    @extend_schema(
        tags=["auth"],
        summary="Send the code again",
        description="Answers the same whether or not there is such an account.",
        request=AddressSerializer,
        responses={200: AddressSerializer, **errors(400, 429)},
    )
    def post(self, request: Request) -> Response:
        given = validated(AddressSerializer, request)
        services.resend_code(**given)
        return Response(given)


class TokenView(OpenView):
    rate = "login"

    @extend_schema(
        tags=["auth"],
        summary="Log in",
        description=(
            "Tokens for an active account whose address is confirmed. An account with a second factor is answered 403 "
            "`second_factor_required` with its `ways`; send the same again with a `code`. Ten requests a minute per caller."
        ),
        request=LogInSerializer,
        responses={200: TokensSerializer, **errors(400, 401, 403, 429)},
    )
    def post(self, request: Request) -> Response:
        return Response(log_in(request=request, **validated(LogInSerializer, request)))


class RefreshView(OpenView):
    @extend_schema(
        tags=["auth"],
        summary="New tokens for a refresh token",
        description=(
            "The refresh token that was sent is used up. Within 10 seconds the same request gets the same refresh token "
            "again, for clients whose answer was lost. Used after that, it ends the session with all its tokens."
        ),
        request=RefreshSerializer,
        responses={200: TokensSerializer, **errors(400, 401)},
    )
    def post(self, request: Request) -> Response:
        return Response(refresh_session(token=validated(RefreshSerializer, request)["refresh"]))


class SessionSerializer(serializers.Serializer):
    """One log-in over the API that is still open."""

    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    refreshed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ip = serializers.IPAddressField(allow_null=True)
    user_agent = serializers.CharField()
    is_current = serializers.SerializerMethodField(help_text="The one this request belongs to.")

    def get_is_current(self, session: ApiSession) -> bool:
        return session.pk == self.context["current"]


class PersonSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    locale = serializers.CharField()


class PersonRequest(Request):
    """A request to a `PersonView` (for types only)."""

    user: User
    auth: TenantAccessToken


class PersonView(ApiView):
    """A view about the caller's own account: for people with a token, never for keys of programs."""

    authentication_classes = (TenantJWTAuthentication,)


class LogOutView(PersonView):
    @extend_schema(
        tags=["auth"],
        summary="Log out",
        description="Ends the session of the access token. All its tokens are worthless at once.",
        request=None,
        responses={204: None, **errors(401)},
    )
    def post(self, request: PersonRequest) -> Response:
        end_session(user=request.user, session_id=request.auth.session_id)
        return Response(status=204)


class SessionsView(PersonView):
    @extend_schema(
        operation_id="auth_sessions_list",
        tags=["auth"],
        summary="My open sessions over the API",
        parameters=[PAGE_PARAMETER],
        responses={200: page_of(SessionSerializer), **errors(401, 404)},
    )
    def get(self, request: PersonRequest) -> Response:
        context = {"current": request.auth.session_id}
        return paginated(
            self, open_sessions_of(request.user), lambda session: SessionSerializer(session, context=context).data
        )

    @extend_schema(
        operation_id="auth_sessions_end_all",
        tags=["auth"],
        summary="Log out everywhere",
        description="Ends every session, in browsers and over the API, this one too.",
        responses={204: None, **errors(401)},
    )
    def delete(self, request: PersonRequest) -> Response:
        end_all_sessions(user=request.user, actor=request.user)
        return Response(status=204)


class SessionView(PersonView):
    @extend_schema(
        operation_id="auth_sessions_end",
        tags=["auth"],
        summary="End one of my sessions",
        responses={204: None, **errors(401, 404)},
    )
    def delete(self, request: PersonRequest, session_id: UUID) -> Response:
        end_session(user=request.user, session_id=session_id)
        return Response(status=204)


class MeView(PersonView):
    @extend_schema(tags=["auth"], summary="My account", responses={200: PersonSerializer, **errors(401)})
    def get(self, request: PersonRequest) -> Response:
        return Response(PersonSerializer(request.user).data)


urlpatterns = [
    path("register/", RegisterView.as_view(), name="api-register"),
    path("verify-email/", VerifyEmailView.as_view(), name="api-verify-email"),
    path("resend-code/", ResendCodeView.as_view(), name="api-resend-code"),
    path("token/", TokenView.as_view(), name="api-token"),
    path("token/refresh/", RefreshView.as_view(), name="api-token-refresh"),
    path("logout/", LogOutView.as_view(), name="api-logout"),
    path("sessions/", SessionsView.as_view(), name="api-sessions"),
    path("sessions/<uuid:session_id>/", SessionView.as_view(), name="api-session"),
    path("me/", MeView.as_view(), name="api-me"),
]
