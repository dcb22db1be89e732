"""Settings common to every environment; each value that differs comes from the environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from baobab.products import PRODUCTS
from baobab.settings import env

BASE_DIR = Path(__file__).resolve().parents[3]

DEBUG = False
PRODUCTION = False
SECRET_KEY = env.text("SECRET_KEY")
# AES-256-GCM key ring, newest first: "k2:<base64>,k1:<base64>".
ENCRYPTION_KEYS = env.words("ENCRYPTION_KEYS")

PLATFORM_NAME = env.text("PLATFORM_NAME", "Baobab")
PLATFORM_HOST = env.text("PLATFORM_HOST", "localhost").lower()
PLATFORM_PORT = env.text("PLATFORM_PORT", "")
PLATFORM_SCHEME = env.text("PLATFORM_SCHEME", "http")
SUPPORT_EMAIL = env.text("SUPPORT_EMAIL", f"support@{PLATFORM_HOST}")
# The tenant middleware answers 404 for every host that is neither the platform's nor a live domain's.
ALLOWED_HOSTS = ["*"]

IDENTITY_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "shared_apps.accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "rest_framework_simplejwt.token_blacklist",
    "shared_apps.audit",
    "shared_apps.notifications",
]
PUBLIC_APPS = [
    "django_tenants",
    *IDENTITY_APPS,
    "shared_apps.organisations",
    "shared_apps.outbox",
    "shared_apps.site",
    "billing",
    "provisioning",
]
TABLELESS_APPS = [
    "baobab",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.facebook",
    "shared_apps.core",
    "shared_apps.documents",
    "django.forms",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

HAS_MULTI_TYPE_TENANTS = True
MULTI_TYPE_DATABASE_FIELD = "product"
TENANT_TYPES = {
    "public": {"APPS": PUBLIC_APPS, "URLCONF": "baobab.urls_public"},
    **{key: {"APPS": [*IDENTITY_APPS, *product.apps], "URLCONF": product.urlconf} for key, product in PRODUCTS.items()},
}
# "whitenoise.runserver_nostatic" comes first so that development serves static files as production does.
INSTALLED_APPS = list(
    dict.fromkeys(
        ["whitenoise.runserver_nostatic", "django.contrib.staticfiles", *TABLELESS_APPS]
        + [app for tenant_type in TENANT_TYPES.values() for app in tenant_type["APPS"]]
    )
)
TENANT_MODEL = "organisations.Organisation"
TENANT_DOMAIN_MODEL = "organisations.Domain"
TENANT_LIMIT_SET_CALLS = True
ROOT_URLCONF = "baobab.urls_public"

MIDDLEWARE = [
    "baobab.middleware.RequestContextMiddleware",
    "baobab.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "baobab.middleware.HealthMiddleware",
    "baobab.middleware.RefuseGarbageMiddleware",
    # Links are slow; Django pads compressed pages against BREACH, and masks CSRF tokens.
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "baobab.middleware.TenantMiddleware",
    "baobab.middleware.DeliveryMiddleware",
    "shared_apps.audit.http.HttpLogMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "baobab.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "baobab.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "baobab.impersonation.ImpersonationMiddleware",
    "baobab.standing.StandingMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "shared_apps.accounts.middleware.LastSeenMiddleware",
    "baobab.middleware.DomainErrorMiddleware",
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shared_apps.core.context.platform",
            ],
            "builtins": ["django.templatetags.i18n"],
        },
    }
]
WSGI_APPLICATION = "baobab.wsgi.application"

# Two accounts of one database: `app` serves requests and owns nothing, `owner` migrates and provisions.
DATABASE_OWNER_URL = env.text("DATABASE_URL", "")
DATABASE_APP_URL = env.text("APP_DATABASE_URL", "")
DB_ACCOUNT = env.text("BAOBAB_DB_ACCOUNT", "app")
DATABASES = {
    "default": env.database(
        DATABASE_OWNER_URL if DB_ACCOUNT == "owner" else DATABASE_APP_URL,
        pool_size=env.number("DATABASE_POOL_SIZE", 10),
    )
}
# Tenant schemas made ahead, of each product; 0 makes every schema when its order is paid.
READY_SCHEMAS = env.number("READY_SCHEMAS", 3)
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter", "shared_apps.core.querysets.SchemaBoundRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "shared_apps.core.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "shared_apps.core.cache.make_key",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}
# Seconds during which a host's tenant is not looked up again; dropped earlier by the version key.
TENANT_CACHE_SECONDS = 30

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# A third of PBKDF2's time for more work to an attacker (memory-hard; OWASP Password Storage Cheat Sheet).
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 10}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "shared_apps.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
# Nothing is sent to an address without an account, and the answer is the same.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
MFA_ADAPTER = "shared_apps.accounts.adapter.SecondFactorAdapter"
SOCIALACCOUNT_ADAPTER = "shared_apps.accounts.social.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "google": {"OAUTH_PKCE_ENABLED": True},
    # allauth fetches Facebook's token by GET, and leaves the verifier out there: a challenge would be refused.
    "facebook": {"OAUTH_PKCE_ENABLED": False, "FIELDS": ["id", "email", "name", "first_name", "last_name"]},
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# How long a person who has proved who they are may do dangerous things.
CONFIRMATION_SECONDS = env.number("CONFIRMATION_SECONDS", 300)
# How long an account that its owner closed can be opened again.
REOPEN_DAYS = env.number("REOPEN_DAYS", 30)
# The back office opens only to admins whose account has a second factor.
ADMINS_NEED_SECOND_FACTOR = env.flag("ADMINS_NEED_SECOND_FACTOR", default=True)
PASSWORD_RESET_TIMEOUT = 24 * 3600
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0)
# The header in which a trusted proxy names the caller's country, such as "CF-IPCountry"; empty believes none.
COUNTRY_HEADER = env.text("COUNTRY_HEADER", "")
# Our own throttles count by INCR, over all hosts (`shared_apps.accounts.services.attempts`); allauth's read and write.
ACCOUNT_RATE_LIMITS = False
# Wrong passwords that lock an account, within and for so many seconds.
LOCKOUT_FAILURES = env.number("LOCKOUT_FAILURES", 10)
LOCKOUT_SECONDS = env.number("LOCKOUT_SECONDS", 900)

SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
# Messages in the session: no further cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "shared_apps.core.error_views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
# The same for log-in pages, which lead to Google and Facebook.
SIGN_IN_FORM_ACTIONS = ["https://accounts.google.com", "https://www.facebook.com"]
# Browsers apply form-action to the redirect after a form too: paying leads to PayPal. Added on the order page only.
PAYMENT_FORM_ACTIONS = ["https://*.paypal.com"]
# Scanners use the camera; nothing uses the rest.
PERMISSIONS_POLICY = "camera=(self), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

# The site is at the root of its hosts. A header of that name (gunicorn takes it from the proxy) would change what
# `request.path` is, and with it what is logged, refused and written into links.
FORCE_SCRIPT_NAME = ""
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "Africa/Douala")

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(BASE_DIR / ".data" / "media")))
STORAGES = {
    "default": {"BACKEND": "shared_apps.core.storage.TenantStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"{PLATFORM_NAME} <ne-pas-repondre@{PLATFORM_HOST}>")
EMAIL_TIMEOUT = 20
# What sends text messages (shared_apps.notifications.sms); with none, codes go by e-mail only.
SMS_PROVIDER = env.text("SMS_PROVIDER", "shared_apps.notifications.sms.NoSms")
# Where a phone number without a country code is taken to be from (ISO 3166-1).
PHONE_REGION = env.text("PHONE_REGION", "CM")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["shared_apps.accounts.tokens.TenantJWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "shared_apps.core.openapi.ApiSchema",
    "EXCEPTION_HANDLER": "shared_apps.core.api_errors.exception_handler",
    "DEFAULT_THROTTLE_RATES": {
        "register": "5/min",
        "login": "10/min",
        "verify": "10/min",
        "reset": "5/min",  # mails with a link to choose a new password
        "coupon": "30/min",
        "tenant-pay": "20/min",  # many customers may be behind one address
        "api_key": "600/min",  # of one key, whatever it asks
    },
}
# Private networks that tenants may name servers in; everything else they name must be a public address.
OUTBOUND_PRIVATE_NETWORKS = env.words("OUTBOUND_PRIVATE_NETWORKS")
# Hosts besides the platform's own that an API client may name in return_url and cancel_url.
API_RETURN_HOSTS = env.words("API_RETURN_HOSTS")
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "USER_ID_FIELD": "pk",
    "AUTH_TOKEN_CLASSES": ("shared_apps.accounts.tokens.TenantAccessToken",),
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{PLATFORM_NAME} API",
    "DESCRIPTION": "Plans, orders, payments and organisations of the platform.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_NAME_OVERRIDES": {
        "MembershipRoleEnum": "shared_apps.organisations.models.Membership.Role",
        "GivenRoleEnum": "shared_apps.organisations.api.GIVEN_ROLES",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# The currencies that plans have prices in, and so that people choose from; the first one where nothing was chosen. What
# was ordered in another stays. Each has its words in `shared_apps.site.plan_texts`.
SOLD_CURRENCIES = env.some_of("SOLD_CURRENCIES", ("XAF", "XOF", "GNF", "EUR", "USD", "JPY"))

# Payment providers. `billing.gateways` turns these into clients.
PAYPAL: dict[str, Any] = {
    "base_url": env.text("PAYPAL_BASE_URL", "https://api-m.sandbox.paypal.com"),
    "client_id": env.text("PAYPAL_CLIENT_ID", ""),
    "client_secret": env.text("PAYPAL_CLIENT_SECRET", ""),
    "webhook_id": env.text("PAYPAL_WEBHOOK_ID", ""),
    "merchant_id": env.text("PAYPAL_MERCHANT_ID", ""),
}
MOMO: dict[str, Any] = {
    "base_url": env.text("MOMO_BASE_URL", "https://sandbox.momodeveloper.mtn.com"),
    "subscription_key": env.text("MOMO_SUBSCRIPTION_KEY", ""),
    "user_id": env.text("MOMO_USER_ID", ""),
    "api_key": env.text("MOMO_API_KEY", ""),
    "target_environment": env.text("MOMO_TARGET_ENVIRONMENT", "sandbox"),
    "currency": env.text("MOMO_CURRENCY", "EUR"),
    # MTN's product for money that leaves us; without it refunds are sent by hand.
    "disbursement_subscription_key": env.text("MOMO_DISBURSEMENT_SUBSCRIPTION_KEY", ""),
    "disbursement_user_id": env.text("MOMO_DISBURSEMENT_USER_ID", ""),
    "disbursement_api_key": env.text("MOMO_DISBURSEMENT_API_KEY", ""),
}
# Tenants pay by their own keys at the providers' own addresses (`tenant_apps.payments.keys`); only a simulator has others.
TENANT_PAYMENT_ADDRESSES: dict[str, str] = {}
TENANT_PAYMENT_TIMEOUTS: dict[str, int] = {}  # seconds: connect_timeout, read_timeout; empty: each client's own
TENANT_DEMO_KEYS: dict[str, dict[str, str]] = {}  # by way to pay: the simulator's, for demonstrations
TENANT_FORM_ACTIONS = [
    "https://*.paypal.com",
    "https://*.stripe.com",
    "https://*.wave.com",
    "https://*.orange-money.com",
]
MOMO_REGION = env.text("MOMO_REGION", "CM")
MOMO_CALLBACKS = env.flag("MOMO_CALLBACKS", default=False)
BANK: dict[str, Any] = {
    "bank_name": env.text("BANK_NAME", ""),
    "account_name": env.text("BANK_ACCOUNT_NAME", ""),
    "account_number": env.text("BANK_ACCOUNT_NUMBER", ""),
    "iban": env.text("BANK_IBAN", ""),
    "swift": env.text("BANK_SWIFT_CODE", ""),
    "branch": env.text("BANK_BRANCH", ""),
}
PAYMENT_SIMULATOR_URL = ""

# Who sells, as invoices name it and keep it (`shared_apps.documents.document.Party.of`).
SELLER: dict[str, Any] = {
    "name": env.text("SELLER_NAME", PLATFORM_NAME),
    "legal": env.text("SELLER_LEGAL", ""),
    "address": env.parts("SELLER_ADDRESS"),
    "country": env.text("SELLER_COUNTRY", PHONE_REGION),
    "email": env.text("SELLER_EMAIL", SUPPORT_EMAIL),
    "phone": env.text("SELLER_PHONE", ""),
    "tax_numbers": env.pairs("SELLER_TAX_NUMBERS"),
}
# On documents: a picture file, SVG or PNG, and a colour as "#rrggbb".
DOCUMENT_LOGO = env.text("DOCUMENT_LOGO", str(BASE_DIR / "static" / "img" / "mark.svg"))
DOCUMENT_COLOUR = env.colour("DOCUMENT_COLOUR", "#17553a")
# What has invoices certified by a tax office (shared_apps.documents.fiscal).
FISCAL_SERVICE = env.text("FISCAL_SERVICE", "shared_apps.documents.fiscal.NoFiscalService")
# The same for tenants, by the country they sell in.
TENANT_FISCAL_SERVICES = dict(env.pairs("TENANT_FISCAL_SERVICES"))

# Above so much, in minor units, two people give money back, or say that it never came. A currency that is not named: always.
REFUND_SECOND_APPROVER_ABOVE = env.amounts(
    "REFUND_SECOND_APPROVER_ABOVE", "XAF=500000,XOF=500000,GNF=7000000,EUR=100000,USD=100000,JPY=150000"
)
# Seconds in which an admin may undo a verdict on a transfer: it takes effect after them.
TRANSFER_UNDO_SECONDS = env.number("TRANSFER_UNDO_SECONDS", 30)
# Above so much, in minor units, two people say that a transfer has come. A currency that is not named: always.
TRANSFER_SECOND_APPROVER_ABOVE = env.amounts(
    "TRANSFER_SECOND_APPROVER_ABOVE", "XAF=1000000,XOF=1000000,GNF=14000000,EUR=150000,USD=150000,JPY=240000"
)
# Above so much, in minor units, two people say that a tenant's takings are paid out. A currency that is not named: always.
PAYOUT_SECOND_APPROVER_ABOVE = env.amounts(
    "PAYOUT_SECOND_APPROVER_ABOVE", "XAF=1000000,XOF=1000000,GNF=14000000,EUR=150000,USD=150000,JPY=240000"
)
# Hours in which a transfer is to be checked.
TRANSFER_CHECK_HOURS = env.number("TRANSFER_CHECK_HOURS", 24)
# Numbers of our accountant's own chart for accounts of the ledger, or for all that begin alike: "psp:wave=5521,ar=4111".
ACCOUNTING_ACCOUNTS = {
    name: number for name, _, number in (word.partition("=") for word in env.words("ACCOUNTING_ACCOUNTS"))
}
# Whether a workspace is read-only while a payer disputes what was paid for it.
DISPUTE_SUSPENDS = env.flag("DISPUTE_SUSPENDS", default=True)

# How long an order may be paid after it was made, and how long a transfer may take.
ORDER_LIFETIME = timedelta(days=7)

# Which requests the activity log keeps: "unsafe" (those that may change something, refusals, failures), "all" or "off".
AUDIT_HTTP = env.text("AUDIT_HTTP", "unsafe")

LOGGING_CONFIG = None
SILENCED_SYSTEM_CHECKS = [
    "security.W004",  # HSTS and the redirect to TLS are set in production.py
    "security.W008",
    "auth.W004",  # the e-mail address is unique by a constraint on its lower case
]
STYLEGUIDE = False
