"""Logs as JSON lines: escape codes and newlines in foreign words cannot forge a line (B12).

Web server, Celery and libraries write the same lines. What gives a right to its bearer, a token in
a path, is left out (I6): Django's own lines about refused requests name the path.
"""

import logging
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_TOKEN = re.compile(r"(/(?:invitations/[^/\s\"]+|unsubscribe)/)(?![0-9a-f-]{36}/)[^/\s\"]{20,}")
_security = logging.getLogger("security")


def security(event: str, **facts: str | int) -> None:
    """Note something that whoever watches over sign-in and rights wants to see (OWASP ASVS 16.3):
    people by their reference, never an address. docs/security.md lists the events."""
    _security.info(event, extra=facts)


def _without_tokens(logger: WrappedLogger, name: str, line: Any) -> str:
    return _TOKEN.sub(r"\1***", line)


def _plain(logger: WrappedLogger, name: str, entry: EventDict) -> EventDict:
    """Values that JSON knows; what a library hangs onto a record beside them says nothing here."""
    kept = {
        key: value
        for key, value in entry.items()
        if isinstance(value, (str, int, float, bool)) or key.startswith("_") or key == "exc_info"
    }
    kept["message"] = kept.pop("event", "")
    return kept


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
]


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """One JSON object a line, ASCII only, its time in UTC with the zone."""

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _plain,
                structlog.processors.JSONRenderer(ensure_ascii=True),
                _without_tokens,
            ],
        )


# Warnings of libraries are lines, too.
logging.captureWarnings(True)
# What django-structlog writes goes the way of everything else.
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
