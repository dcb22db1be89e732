"""Structured logs: one JSON object a line, each with the tenant, the request and the actor it belongs to."""

from __future__ import annotations

import logging
import logging.config
import os
import re
from typing import Any

import structlog

_SECRET_NAMES = re.compile(r"password|secret|token|authorization|api_key|cookie|\bkey\b", re.IGNORECASE)
_EMAIL = re.compile(r"\b([\w.+-])[\w.+-]*@([\w-]+\.[\w.-]+)")
_PHONE = re.compile(r"(?<![\w-])\+?(\d{3})\d{4,8}(\d{2})(?![\w-])")


def mask(text: str) -> str:
    """Hide the middle of e-mail addresses and phone numbers."""
    return _PHONE.sub(r"\1••••\2", _EMAIL.sub(r"\1•••@\2", text))


def _mask_event(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    for name, value in event.items():
        if name in ("timestamp", "level", "logger", "request_id", "tenant"):
            continue
        if _SECRET_NAMES.search(name):
            event[name] = "[hidden]"
        elif isinstance(value, str):
            event[name] = mask(value)
    return event


def configure() -> None:
    """Send structlog's and the standard library's records through the same processors, to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_event,
    ]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.JSONRenderer(ensure_ascii=False),
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
            "loggers": {
                "urllib3": {"level": "WARNING"},
                "paypalrestsdk": {"level": "CRITICAL"},
                "pikepdf": {"level": "WARNING"},
                "celery": {"level": "WARNING"},
                "celery.worker": {"level": "INFO"},
            },
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
