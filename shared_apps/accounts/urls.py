"""Signing in and out, and one's own account, on the public host and on every tenant's."""

from __future__ import annotations

from allauth.account import views
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path

from shared_apps.accounts.forms import ResetPasswordForm, ResetPasswordKeyForm
from shared_apps.accounts.views import profile, security, signing_in

urlpatterns = [
    path("login/", login_not_required(signing_in.LogInView.as_view()), name="account_login"),
    path("login/second-factor/", signing_in.second_factor, name="account_second_factor"),
    path("logout/", login_not_required(views.logout), name="account_logout"),
    path("inactive/", profile.inactive, name="account_inactive"),
    path("reopen/", profile.ask_reopening, name="account_ask_reopening"),
    path("reopen/<str:token>/", profile.reopen, name="account_reopen"),
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
    path("confirm/", signing_in.confirm, name="account_reauthenticate"),
    path("", profile.profile, name="account_home"),
    path("email/", profile.email, name="account_email"),
    path("email/confirm/<str:token>/", profile.confirm_email, name="account_email_confirm"),
    path("phone/", profile.phone, name="account_phone"),
    path("phone/code/", profile.phone_code, name="account_phone_code"),
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
]
