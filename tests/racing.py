"""Doing things at the same moment, with real threads and a connection for each."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from django.db import connection

from partnerhub.errors import DomainError


def together(*actions: Callable[[], Any]) -> list[Any]:
    """Run all at once; each result is what the action returned, or the refusal it raised."""
    barrier, results = Barrier(len(actions)), [None] * len(actions)

    def run(place: int, action: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=10)
            results[place] = action()
        except DomainError as error:
            results[place] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "deadlock"
    return results
