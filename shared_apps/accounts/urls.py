"""Signing in and out, on the public host and on every tenant's."""

from __future__ import annotations

from allauth.account import views
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path

from shared_apps.accounts.forms import LoginForm, ResetPasswordForm, ResetPasswordKeyForm

urlpatterns = [
    path("login/", login_not_required(views.LoginView.as_view(form_class=LoginForm)), name="account_login"),
    path("logout/", login_not_required(views.logout), name="account_logout"),
    path("inactive/", login_not_required(views.account_inactive), name="account_inactive"),
    path(
        "password/reset/",
        login_not_required(views.PasswordResetView.as_view(form_class=ResetPasswordForm)),
        name="account_reset_password",
    ),
    path(
        "password/reset/done/",
        login_not_required(views.password_reset_done),
        name="account_reset_password_done",
    ),
    # Keys hold hyphens: the first one ends the account's id.
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        login_not_required(views.PasswordResetFromKeyView.as_view(form_class=ResetPasswordKeyForm)),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        login_not_required(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]
