"""Every kind of mail with sample data, rendered by the very functions that send them.

The people and firms of a sample are rows made inside a transaction that is taken back: nothing
stays, and nothing is sent.
"""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import transaction

from core.hooks import MailSample
from core.outbox import kinds, tokens
from core.outbox.models import Message
from partnerhub.samples import accounts, connections, notifications, roles, supplychain
from partnerhub.samples.world import READERS, World

SAMPLES: Mapping[str, Callable[[World], None]] = {
    **accounts.SAMPLES,
    **roles.SAMPLES,
    **connections.SAMPLES,
    **supplychain.SAMPLES,
    **notifications.SAMPLES,
}


def render(name: str, words: str = "") -> MailSample:
    """The mail of this kind; `words` take the place of everything that people type. Raises KeyError
    for a kind that has no sample."""
    kind, write = kinds.get(name), SAMPLES[name]
    with transaction.atomic():
        write(World(words))
        rows = Message.objects.filter(kind=name, to__endswith=READERS)
        message = rows.order_by("id").first()
        transaction.set_rollback(True)
    if message is None:
        raise KeyError(name)
    return MailSample(
        kind=name,
        label=kind.label,
        group=kind.group.title,
        subject=message.subject,
        text=_with_links(message.text),
        html=_with_links(message.html_part),
    )


def _with_links(part: str) -> str:
    """Addresses of the right shape where the real ones are put in while sending."""
    site = settings.SITE_URL
    return part.replace(tokens.PLACEHOLDER, f"{site}/invitations/sample/").replace(
        tokens.UNSUBSCRIBE, f"{site}/unsubscribe/sample/"
    )
