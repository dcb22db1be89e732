#!/usr/bin/env python
"""Django's command line, with the database's owner account for the commands that change its structure."""

from __future__ import annotations

import os
import sys

OWNER_COMMANDS = {"migrate", "migrate_schemas", "makemigrations", "setup_platform", "build_templates", "load_demo"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baobab.settings.local")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("BAOBAB_DB_ACCOUNT", "owner")

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
