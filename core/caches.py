"""The quick cache, in the broker's memory: it may forget everything at any time."""

import time
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient

# After one answer that did not come nobody else waits for so long: a server that hangs must not
# hold every page for its timeout.
LEFT_ALONE_SECONDS = 3


class Client(RedisCacheClient):
    """Asks once, and not at all just after a timeout."""

    left_alone_until = 0.0
    _lib: Any
    _pool_options: dict[str, Any]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        redis = self._lib

        class Watched(redis.Redis):  # type: ignore[name-defined]
            def execute_command(self, *command: Any, **more: Any) -> Any:
                try:
                    return super().execute_command(*command, **more)
                except redis.TimeoutError:
                    Client.left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS
                    raise

        self._client = Watched
        # Once more where the server closed an idle connection, never after a timeout.
        self._pool_options["retry"] = redis.retry.Retry(
            redis.backoff.NoBackoff(), 1, supported_errors=(redis.ConnectionError,)
        )

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        if time.monotonic() < Client.left_alone_until:
            raise self._lib.ConnectionError("The broker did not answer a moment ago")
        return super().get_client(key, write=write)


class QuickCache(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client
