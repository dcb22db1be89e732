from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from baobab.demo import load_demo


class Command(BaseCommand):
    help = "Make the demonstration organisations and write their log-ins to a file. For one's own machine only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--logins", type=Path, help="where to write the log-ins, as JSON")

    def handle(self, *args: Any, logins: Path | None, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("demonstration data has no place in production")
        made = load_demo()
        if logins:
            logins.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
            logins.chmod(0o600)
        self.stdout.write(f"  {len(made)} log-ins")
