"""The test suite: as local, in memory where nothing is lost by it. Tests run as the app's own database role."""

from __future__ import annotations

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("ENCRYPTION_KEYS", "k1:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY=")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")

from baobab.settings.local import *  # noqa: F403, E402

ALLOWED_HOSTS = ["*"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "shared_apps.core.storage.TenantStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
