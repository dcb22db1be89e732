from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from provisioning.services.secrets import rotate_everywhere


class Command(BaseCommand):
    help = "Seal every stored secret again with the first key of ENCRYPTION_KEYS. May be stopped and started again."

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        for schema, count in rotate_everywhere():
            total += count
            if count:
                self.stdout.write(f"  {schema}: {count}")
        self.stdout.write(f"{total} secrets sealed again. Keys behind the first are no longer needed.")
