"""Counting in the cache what costs us work but changes nothing, such as guessing at links."""

import logging

from django.core.cache import caches

logger = logging.getLogger(__name__)


def count(key: str, *, seconds: int) -> int:
    """Count one more under `key` and return how many there were within `seconds`; 0 without a
    cache: what is limited here must be harmless without the limit."""
    try:
        cache = caches["quick"]
        cache.add(key, 0, timeout=seconds)
        return int(cache.incr(key))
    except Exception as error:  # noqa: BLE001 - whatever a cache does, the page is shown
        logger.warning("not counted", extra={"reason": type(error).__name__})
        return 0
