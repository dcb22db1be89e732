"""Who may do what at the addresses that every host has: signing in, one's own account, the API's log-in."""

from __future__ import annotations

from tests.security.rules import ANYBODY, OWNER, SIGNED_IN, Methods, act, any_method, form, page, rule

# Views of allauth answer every method, and do something at POST (and PUT, which is the same to them).
_SIGNING_IN: dict[str, Methods] = {
    "account_login": any_method(ANYBODY, answers={405}),  # only those who are signed in are led on
    "account_second_factor": any_method(
        ANYBODY, answers={302, 405}
    ),  # without a log-in under way, back to its beginning
    "account_details": any_method(ANYBODY, answers={302, 405}),
    "account_logout": form(ANYBODY),
    "account_inactive": page(ANYBODY),
    "account_ask_reopening": act(ANYBODY),
    "account_reopen": form(ANYBODY),
    "account_reset_password": any_method(ANYBODY, answers={405}),
    "account_reset_password_done": page(ANYBODY),
    "account_reset_password_from_key": any_method(ANYBODY),
    "account_reset_password_from_key_done": page(ANYBODY),
    "account_reauthenticate": form(SIGNED_IN),
    "account_email_confirm": form(ANYBODY),
    "account_signup": any_method(ANYBODY, answers={403, 405}),  # closed, unless the tenant opens it
    "account_signup_code": any_method(ANYBODY, answers={403, 405}),
    "account_signup_resend": any_method(ANYBODY, answers={403, 405}),
    "account_signup_verify": any_method(ANYBODY, answers={403, 405}),
}

_PROVIDERS: dict[str, Methods] = {
    "google_login": any_method(ANYBODY, answers={404}),  # where the tenant has no key of Google
    "google_callback": any_method(ANYBODY, answers={404}),
    "facebook_login": any_method(ANYBODY, answers={404}),
    "facebook_callback": any_method(ANYBODY, answers={404}),
    "socialaccount_signup": form(ANYBODY, answers={302}),
    "socialaccount_login_cancelled": page(ANYBODY),
    "socialaccount_login_error": page(ANYBODY, answers={401}),  # the page that says so
    "socialaccount_connections": {**page(SIGNED_IN), **act(SIGNED_IN, answers={404})},  # an account that is not there
}

_OWN_ACCOUNT: dict[str, Methods] = {
    "account_home": form(SIGNED_IN),
    "account_email": form(SIGNED_IN),
    "account_phone": form(SIGNED_IN),
    "account_phone_code": form(SIGNED_IN),
    "account_about": form(SIGNED_IN, answers={404}),  # where nothing is asked
    "account_close": form(SIGNED_IN, answers={302}),  # and leads to the log-in page
    "account_security": page(SIGNED_IN),
    "account_change_password": form(SIGNED_IN),
    "account_totp": form(SIGNED_IN),
    "account_totp_remove": form(SIGNED_IN),
    "account_code_factor": form(SIGNED_IN),
    "account_recovery_codes": form(SIGNED_IN),
    "account_end_session": act(SIGNED_IN, answers={302}),  # another's says "ended already", and nothing ends
    "account_end_api_session": act(OWNER, hidden=True),
    "account_sign_out_everywhere": act(SIGNED_IN, answers={302}),
    "account_privacy": page(SIGNED_IN),
    "account_marketing": act(SIGNED_IN),
    "account_data": form(SIGNED_IN),
    "account_erase": form(SIGNED_IN),
    "account_identity": form(SIGNED_IN),
    "account_following": page(SIGNED_IN),
    "account_follow": act(SIGNED_IN, answers={404}),  # whoever is not followed
}

ACCOUNTS: dict[str, Methods] = {**_SIGNING_IN, **_PROVIDERS, **_OWN_ACCOUNT}

API_OF_ACCOUNTS: dict[str, Methods] = {
    "api-register": act(ANYBODY, answers={403}),
    "api-verify-email": act(ANYBODY),
    "api-resend-code": act(ANYBODY),
    "api-token": act(ANYBODY),
    "api-token-refresh": act(ANYBODY),
    "api-logout": act(SIGNED_IN),
    "api-sessions": {"GET": rule(SIGNED_IN), "DELETE": rule(SIGNED_IN)},
    "api-session": {"DELETE": rule(OWNER, hidden=True)},
    "api-me": page(SIGNED_IN),
}
