"""Settings of a stack: as local, with static files as they lie."""

from __future__ import annotations

from baobab.settings.local import *  # noqa: F403
from baobab.settings.local import STORAGES

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = True
TRANSFER_UNDO_SECONDS = 0
