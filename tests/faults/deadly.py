"""Work that takes its worker with it: a task, and a message of the outbox. Workers under test
import it; nobody else asks for either."""

import os
from typing import Any

from core.outbox import delivery
from core.tasks import task

POISON = "poison0000@mail.example"
_envelope = delivery.envelope_of


@task("test.deadly")
def deadly() -> None:
    """As a crash in a library would: no handler runs, nothing is told."""
    os._exit(70)


def deadly_envelope(message: Any) -> Any:
    """The envelope of every message but one."""
    if message.to == POISON:
        os._exit(70)
    return _envelope(message)


delivery.envelope_of = deadly_envelope
