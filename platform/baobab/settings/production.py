"""Production: TLS everywhere, and no start with a default secret, debug, or the payment simulator."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from baobab.settings.base import *  # noqa: F403
from baobab.settings.base import DATABASE_APP_URL, ENCRYPTION_KEYS, MOMO, PAYPAL, PLATFORM_HOST, SECRET_KEY, env

PRODUCTION = True
PLATFORM_SCHEME = "https"
if env.flag("DEBUG", default=False):
    raise ImproperlyConfigured("DEBUG must be off in production")
if len(SECRET_KEY) < 50 or "insecure" in SECRET_KEY or len(set(SECRET_KEY)) < 10:
    raise ImproperlyConfigured("SECRET_KEY must be at least 50 random characters in production")
if not ENCRYPTION_KEYS:
    raise ImproperlyConfigured("ENCRYPTION_KEYS must hold at least one key in production")
if not DATABASE_APP_URL:
    raise ImproperlyConfigured("APP_DATABASE_URL must name the unprivileged role in production")
if PLATFORM_HOST in ("localhost", "127.0.0.1") or PLATFORM_HOST.endswith(".localhost"):
    raise ImproperlyConfigured("PLATFORM_HOST must be the public host name in production")
if env.text("PAYMENT_SIMULATOR_URL", ""):
    raise ImproperlyConfigured("the payment simulator cannot be used in production")
for _name, _values, _suffix in (("PAYPAL", PAYPAL, ".paypal.com"), ("MOMO", MOMO, (".mtn.com", ".momo.africa"))):
    _host = _values["base_url"].removeprefix("https://").split("/")[0]
    if not _values["base_url"].startswith("https://") or not _host.endswith(_suffix):
        raise ImproperlyConfigured(f"{_name}_BASE_URL must be the provider's own https address in production")

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
WEBHOOK_BASE_URL = f"https://{PLATFORM_HOST}"
