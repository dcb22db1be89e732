"""The web processes' entry point."""

from __future__ import annotations

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baobab.settings.production")


class Utf8Request(WSGIRequest):
    """Query and body are UTF-8, as the URL standard and HTML forms have it.

    Django would decode them by the character set the request names, and Python knows "character sets" that
    decompress, unescape or are no text encoding at all: those fail before any middleware could answer.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class Handler(WSGIHandler):
    request_class = Utf8Request


django.setup(set_prefix=False)
application = Handler()
