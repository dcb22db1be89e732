from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_init


class CoreConfig(AppConfig):
    name = "shared_apps.core"
    label = "core"

    def ready(self) -> None:
        from shared_apps.core.querysets import remember_schema

        post_init.connect(remember_schema, dispatch_uid="core.remember_schema")
