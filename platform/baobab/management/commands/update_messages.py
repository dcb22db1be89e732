from __future__ import annotations

from typing import Any

import polib
from django.core.management.base import BaseCommand

from baobab.messages import CATALOGUE, find_messages, project_root


class Command(BaseCommand):
    help = "Bring the French catalogue in step with the code: adds what is new, drops what is gone, keeps the rest."

    def handle(self, *args: Any, **options: Any) -> None:
        root = project_root()
        known = {}
        if (root / CATALOGUE).exists():
            known = {(entry.msgid, entry.msgctxt or ""): entry for entry in polib.pofile(str(root / CATALOGUE))}
        catalogue = polib.POFile(wrapwidth=0)
        catalogue.metadata = {
            "Language": "fr",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": "nplurals=2; plural=(n > 1);",
        }
        missing = 0
        for message, _places in sorted(find_messages(root).items()):
            entry = known.get((message.text, message.context))
            if entry is None or bool(entry.msgid_plural) != bool(message.plural):
                entry = polib.POEntry(msgid=message.text, msgctxt=message.context or None)
                if message.plural:
                    entry.msgid_plural, entry.msgstr_plural = message.plural, {0: "", 1: ""}
            missing += not entry.translated()
            catalogue.append(entry)
        catalogue.save(str(root / CATALOGUE))
        self.stdout.write(f"{len(catalogue)} messages, {missing} without French")
