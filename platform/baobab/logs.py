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


# The part of an address that lets somebody in: hand-overs, reset keys, invitations, proofs. Ids (UUIDs) stay readable.
_TOKEN = re.compile(r"(?<=/)(?![0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b)[\w:.=~%-]{24,}(?=[/?\s'\"]|$)")
_PLAIN = ("timestamp", "level", "logger", "request_id", "tenant", "task_id")


def mask(text: str) -> str:
    """Hide tokens in addresses, and the middle of e-mail addresses and phone numbers."""
    return _PHONE.sub(r"\1••••\2", _EMAIL.sub(r"\1•••@\2", _TOKEN.sub("•••", text)))


def _mask_event(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    # Names that begin with "_" are structlog's own and leave before anything is written.
    return {
        name: value if name in _PLAIN or name.startswith("_") else _masked(name, value) for name, value in event.items()
    }


def _masked(name: str, value: Any) -> Any:
    if _SECRET_NAMES.search(name):
        return "[hidden]"
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, dict):
        return {str(key): _masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked("", inner) for inner in value]
    # Objects too: a request's representation holds its address.
    return mask(value if isinstance(value, str) else repr(value))


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _mask_event,
]


def configure() -> None:
    """Send structlog's and the standard library's records through the same processors, to standard error."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": _SHARED,
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
                "weasyprint": {"level": "WARNING"},
                "weasyprint.progress": {"level": "WARNING"},
                "fontTools": {"level": "WARNING"},
                "celery": {"level": "WARNING"},
                "celery.worker": {"level": "INFO"},
            },
        }
    )
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
