"""Signing in and out, and one's own account, on the public host and on every tenant's."""

from __future__ import annotations

from allauth.account import views
from allauth.socialaccount.providers.facebook import views as facebook
from allauth.socialaccount.providers.google import views as google
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path

from shared_apps.accounts.forms import ResetPasswordKeyForm
from shared_apps.accounts.views import (
    details,
    following,
    identity,
    privacy,
    profile,
    providers,
    security,
    signing_in,
    signup,
)
from shared_apps.accounts.views.leading import leads_to_providers

urlpatterns = [
    path(
        "login/",
        leads_to_providers(login_not_required(signing_in.LogInView.as_view())),
        name="account_login",
    ),
    path("login/second-factor/", signing_in.second_factor, name="account_second_factor"),
    path("logout/", login_not_required(views.logout), name="account_logout"),
    path("inactive/", profile.inactive, name="account_inactive"),
    path("reopen/", profile.ask_reopening, name="account_ask_reopening"),
    path("reopen/<str:token>/", profile.reopen, name="account_reopen"),
    path(
        "password/reset/",
        login_not_required(signing_in.ResetView.as_view()),
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
    path("confirm/", signing_in.confirm, name="account_reauthenticate"),
    path("", profile.profile, name="account_home"),
    path("email/", profile.email, name="account_email"),
    path("email/confirm/<str:token>/", profile.confirm_email, name="account_email_confirm"),
    path("phone/", profile.phone, name="account_phone"),
    path("phone/code/", profile.phone_code, name="account_phone_code"),
    path("about/", details.about, name="account_about"),
    path("close/", profile.close, name="account_close"),
    path("security/", security.security, name="account_security"),
    path("security/password/", security.password, name="account_change_password"),
    path("security/app/", security.totp, name="account_totp"),
    path("security/app/remove/", security.remove_totp, name="account_totp_remove"),
    path("security/codes/<slug:kind>/", security.code_factor, name="account_code_factor"),
    path("security/recovery/", security.recovery_codes, name="account_recovery_codes"),
    path("security/sessions/<int:session_id>/end/", security.end_browser, name="account_end_session"),
    path("security/api-sessions/<uuid:session_id>/end/", security.end_api, name="account_end_api_session"),
    path("security/sign-out/", security.end_everything, name="account_sign_out_everywhere"),
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
    path("privacy/", privacy.privacy, name="account_privacy"),
    path("privacy/marketing/", privacy.marketing, name="account_marketing"),
    path("privacy/data/", privacy.data, name="account_data"),
    path("privacy/erase/", privacy.erase, name="account_erase"),
    path("identity/", identity.identity, name="account_identity"),
    path("following/", following.following, name="account_following"),
    path("following/<uuid:person_id>/", following.change, name="account_follow"),
]
