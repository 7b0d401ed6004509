"""The kinds of mail that the platform itself sends."""

from collections.abc import Mapping

from core.outbox.kinds import ANSWERS, SHIPMENTS, Group

UNDELIVERED = "notifications.undelivered"
DAILY = "notifications.daily"
KINDS: Mapping[Group, Mapping[str, str]] = {
    ANSWERS: {UNDELIVERED: "Mail could not be delivered"},
    SHIPMENTS: {DAILY: "Daily mail about shipments"},
}
