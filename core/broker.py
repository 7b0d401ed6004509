"""What a worker reads from the broker, when somebody else could write there (F21).

A message that is none, or whose body is not what Celery expects, ends a worker of stock Celery: it
is put back, and ends the next one. Here it is dropped and told to the log.
"""

import logging
from queue import Empty
from typing import Any

from celery.worker import consumer
from kombu.transport import redis

logger = logging.getLogger(__name__)
MALFORMED = (ValueError, LookupError, TypeError, AttributeError)


class Channel(redis.Channel):
    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except MALFORMED as error:
            logger.error("malformed message dropped", extra={"reason": type(error).__name__})
            raise Empty from error


class Transport(redis.Transport):
    Channel = Channel


class Consumer(consumer.Consumer):
    def create_task_handler(self, *args: Any, **kwargs: Any) -> Any:
        handle = super().create_task_handler(*args, **kwargs)

        def receive(message: Any) -> Any:
            try:
                return handle(message)
            except MALFORMED as error:
                logger.error("unreadable message rejected", extra={"reason": type(error).__name__})
                message.reject_log_error(logger, self.connection_errors)
                return None

        return receive
