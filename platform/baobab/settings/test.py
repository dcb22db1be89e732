"""The test suite: as local, in memory where nothing is lost by it. Tests run as the app's own database role."""

from __future__ import annotations

import os
import re

from baobab.settings.local import *  # noqa: F403
from baobab.settings.local import CACHES, REDIS_URL

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests that are about ready schemas ask for them.
READY_SCHEMAS = 0
STORAGES = {
    "default": {"BACKEND": "shared_apps.core.storage.TenantStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Parallel test processes must not empty each other's cache: each has a Redis database of its own.
_WORKER = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0) + 1
REDIS_URL = (
    re.sub(r"db=\d+", f"db={_WORKER}", REDIS_URL) if "db=" in REDIS_URL else f"{REDIS_URL.rstrip('/')}/{_WORKER}"
)
CACHES = {"default": {**CACHES["default"], "LOCATION": REDIS_URL}}
