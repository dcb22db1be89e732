"""Registering and logging in over the API: `/api/auth/`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import path
from django.utils import translation
from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shared_apps.accounts.services import registration as services
from shared_apps.accounts.tokens import log_in, rotate, tokens_for
from shared_apps.core.api import OpenView, errors, one_line, validated


class BearerScheme(SimpleJWTScheme):
    """How the OpenAPI document describes our authentication. drf-spectacular finds it by being defined."""

    target_class = "shared_apps.accounts.tokens.TenantJWTAuthentication"


class _AddressField(serializers.EmailField):
    """An e-mail address in lower case, measured as it will be stored."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class RegisterSerializer(serializers.Serializer):
    email = _AddressField(max_length=254)
    password = serializers.CharField(max_length=256, trim_whitespace=False, write_only=True)
    first_name = serializers.CharField(max_length=100, allow_blank=True, default="", validators=[one_line])
    last_name = serializers.CharField(max_length=100, allow_blank=True, default="", validators=[one_line])
    consent = serializers.BooleanField(write_only=True, help_text="The terms were accepted; must be true.")
    locale = serializers.ChoiceField(choices=["fr", "en"], required=False, write_only=True)


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
        user = services.register_account(**given)
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
        user = services.verify_email(**validated(VerifySerializer, request))
        return Response({"verified": True, **tokens_for(user)})


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
        description="Tokens for an active account whose address is confirmed. Ten requests a minute per caller.",
        request=LogInSerializer,
        responses={200: TokensSerializer, **errors(400, 401, 403, 429)},
    )
    def post(self, request: Request) -> Response:
        return Response(log_in(request=request, **validated(LogInSerializer, request)))


class RefreshView(OpenView):
    @extend_schema(
        tags=["auth"],
        summary="New tokens for a refresh token",
        description="The refresh token that was sent is worthless afterwards.",
        request=RefreshSerializer,
        responses={200: TokensSerializer, **errors(400, 401)},
    )
    def post(self, request: Request) -> Response:
        return Response(rotate(validated(RefreshSerializer, request)["refresh"]))


urlpatterns = [
    path("register/", RegisterView.as_view(), name="api-register"),
    path("verify-email/", VerifyEmailView.as_view(), name="api-verify-email"),
    path("resend-code/", ResendCodeView.as_view(), name="api-resend-code"),
    path("token/", TokenView.as_view(), name="api-token"),
    path("token/refresh/", RefreshView.as_view(), name="api-token-refresh"),
]
