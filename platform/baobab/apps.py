from __future__ import annotations

from django.apps import AppConfig


class BaobabConfig(AppConfig):
    name = "baobab"
    verbose_name = "Baobab"

    def ready(self) -> None:
        from baobab import celery, logs

        logs.configure()
        celery.app.set_default()
