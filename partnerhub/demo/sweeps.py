"""What beat runs, run now: moving the demo's clock must show at once."""

from django.conf import settings

from accounts import tasks as accounts
from connections import tasks as connections
from core.audit import tasks as audit
from core.notifications import tasks as notifications
from partnerhub.demo import tasks as demo
from roles import tasks as roles
from supplychain import tasks as supplychain

SWEEPS = (
    accounts.sweep,
    accounts.send_lists,
    roles.sweep,
    connections.sweep,
    supplychain.sweep,
    demo.play_carriers,
    roles.tell_reviewers,
    notifications.send_digests,
    audit.seal,
)


def run_sweeps() -> None:
    """Run every sweep in this process; the mails they cause leave through the worker."""
    assert settings.DEMO
    for sweep in SWEEPS:
        sweep()
