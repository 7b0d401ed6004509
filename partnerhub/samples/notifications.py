"""Samples of the platform's own mails."""

from collections.abc import Callable, Mapping

from core import clock
from core.notifications import preferences
from core.notifications.digests import send_digest
from core.notifications.models import Choice
from core.notifications.receivers import note_delivery, note_refusal
from core.outbox.models import Message
from core.outbox.states import MessageStatus
from partnerhub.samples import supplychain
from partnerhub.samples.world import World
from supplychain.emails import shares, shipments


def _daily(world: World) -> None:
    preferences.choose(world.sunny, {"shipments": Choice.DAILY})
    share = world.share()
    shares.shipment_shared_drafts(after=0, limit=9, shares=[share.pk], by=world.sam.pk)
    shipments.shipment_moved(share.shipment, "delivered", [share])
    send_digest(world.sunny.pk)


def _undelivered(world: World) -> None:
    supplychain.SAMPLES["supplychain.supplier_invited"](world)
    message = Message.objects.get(kind="supplychain.supplier_invited", caused_by=world.sam)
    note_delivery(message, MessageStatus.FAILED, "SMTPRecipientsRefused: 550 no such user")


def _refused(world: World) -> None:
    world.reviewer.is_staff = True
    world.reviewer.save(update_fields=["is_staff"])
    note_refusal("SMTPAuthenticationError: (535, b'5.7.8 wrong password')", clock.now())


SAMPLES: Mapping[str, Callable[[World], None]] = {
    "notifications.daily": _daily,
    "notifications.mail_refused": _refused,
    "notifications.undelivered": _undelivered,
}
