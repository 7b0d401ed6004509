"""Logs as JSON lines: escape codes and newlines in foreign words cannot forge a line (B12).

What gives a right to its bearer, a token in a path, is left out (I6): Django's own lines about
refused requests name the path.
"""

import json
import logging
import re
from typing import Any

from core.origin import origin

_TOKEN = re.compile(r"(/(?:invitations/[^/\s\"]+|unsubscribe)/)(?![0-9a-f-]{36}/)[^/\s\"]{20,}")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request_id"}


class RequestFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = origin.get().request_id
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line, ASCII only."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "at": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := getattr(record, "request_id", ""):
            entry["request"] = request_id
        entry |= {
            name: value
            for name, value in vars(record).items()
            if name not in _STANDARD and isinstance(value, (str, int, float, bool))
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return _TOKEN.sub(r"\1***", json.dumps(entry, ensure_ascii=True))
