"""What beat runs, run now: moving the demo's clock must show at once."""

from django.conf import settings
from django.utils.module_loading import import_string

SWEEPS = (
    "accounts.tasks.sweep",
    "accounts.tasks.send_lists",
    "roles.tasks.sweep",
    "connections.tasks.sweep",
    "supplychain.tasks.sweep",
    "roles.tasks.tell_reviewers",
    "core.notifications.tasks.send_digests",
    "core.audit.tasks.seal",
)


def run_sweeps() -> None:
    """Run every sweep in this process; the mails they cause leave through the worker."""
    assert settings.DEMO
    for path in SWEEPS:
        import_string(path)()
