"""The test suite: as local, in memory where nothing is lost by it. Tests run as the app's own database role."""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
import zlib
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from baobab.settings.local import *  # noqa: F403
from baobab.settings.local import CACHES, REDIS_URL

SECRET_KEY = "the test suite signs with this key, and nothing else does"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests that are about ready schemas ask for them.
READY_SCHEMAS = 0
# Verdicts take effect at once, except in the tests of the time in between.
TRANSFER_UNDO_SECONDS = 0
STORAGES = {
    "default": {"BACKEND": "shared_apps.core.storage.TenantStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Static files are looked up when they are asked for: listing them all takes longer than most tests' requests, and every
# client of a test would do it anew.
WHITENOISE_AUTOREFRESH = True


def _claim_slot() -> int:
    """A number from 1 to 15 that no other test process on this machine has with this Redis, until this one ends.

    It names the process's Redis database and its PostgreSQL database: tests empty both. Its children share them.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    owner, _, inherited = os.environ.get("BAOBAB_TEST_SLOT", "").rpartition(":")
    if inherited and owner == worker:
        return int(inherited)
    for slot in range(1, 16):  # Redis has 16 databases, and the first is the application's
        lock = Path(tempfile.gettempdir(), f"baobab-test-{zlib.crc32(REDIS_URL.encode()):x}-{slot}.lock")
        try:
            # Never closed: the lock lasts as long as the process.
            fcntl.flock(os.open(lock, os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another process has it, or another account made the file
            continue
        os.environ["BAOBAB_TEST_SLOT"] = f"{worker}:{slot}"
        return slot
    raise ImproperlyConfigured("Too many test processes use this Redis at once. Wait for one to end.")


TEST_SLOT = _claim_slot()
if "db=" in REDIS_URL:
    REDIS_URL = re.sub(r"db=\d+", f"db={TEST_SLOT}", REDIS_URL)
else:
    REDIS_URL = re.sub(r"(?<=[^/])(/\d*)?$", f"/{TEST_SLOT}", REDIS_URL, count=1)
CACHES = {"default": {**CACHES["default"], "LOCATION": REDIS_URL}}
