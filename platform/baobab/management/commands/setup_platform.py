from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand

from provisioning.services.platform import set_up


class Command(BaseCommand):
    help = "Make or update the platform: database, roles, workspace templates, plans. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        for step in set_up():
            self.stdout.write(f"  {step} …")
            self.stdout.flush()
        self.stdout.write(f"  done in {time.monotonic() - started:.1f} s")
