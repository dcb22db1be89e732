"""Signing in and out, on the public host and on every tenant's."""

from __future__ import annotations

from allauth.account import views
from allauth.socialaccount.providers.facebook import views as facebook
from allauth.socialaccount.providers.google import views as google
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path

from shared_apps.accounts.forms import LoginForm, ResetPasswordForm, ResetPasswordKeyForm
from shared_apps.accounts.views import details, following, identity, privacy, providers, signup
from shared_apps.accounts.views.leading import leads_to_providers

urlpatterns = [
    path(
        "login/",
        leads_to_providers(login_not_required(views.LoginView.as_view(form_class=LoginForm))),
        name="account_login",
    ),
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
    path("signup/", leads_to_providers(signup.signup), name="account_signup"),
    path("signup/code/", signup.code, name="account_signup_code"),
    path("signup/code/resend/", signup.resend, name="account_signup_resend"),
    path("signup/verify/<str:token>/", signup.verify, name="account_signup_verify"),
    path("details/", details.details, name="account_details"),
    # Allauth's names: it finds the way back by them. Its pages for tokens of scripts are left out.
    path("google/login/", leads_to_providers(google.oauth2_login), name="google_login"),
    path("google/login/callback/", google.oauth2_callback, name="google_callback"),
    path("facebook/login/", leads_to_providers(facebook.oauth2_login), name="facebook_login"),
    path("facebook/login/callback/", facebook.oauth2_callback, name="facebook_callback"),
    path("3rdparty/signup/", providers.signup, name="socialaccount_signup"),
    path("3rdparty/cancelled/", providers.cancelled, name="socialaccount_login_cancelled"),
    path("3rdparty/failed/", providers.failed, name="socialaccount_login_error"),
    path("3rdparty/", leads_to_providers(providers.connections), name="socialaccount_connections"),
    path("3rdparty/<int:account_id>/disconnect/", providers.disconnect, name="socialaccount_disconnect"),
    path("privacy/", privacy.privacy, name="account_privacy"),
    path("privacy/marketing/", privacy.marketing, name="account_marketing"),
    path("privacy/data/", privacy.data, name="account_data"),
    path("privacy/erase/", privacy.erase, name="account_erase"),
    path("identity/", identity.identity, name="account_identity"),
    path("following/", following.following, name="account_following"),
    path("following/<uuid:person_id>/", following.change, name="account_follow"),
]
