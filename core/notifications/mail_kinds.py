"""The kinds of mail that the platform itself sends."""

from collections.abc import Mapping

from core.outbox.kinds import ANSWERS, SECURITY, SHIPMENTS, Group

UNDELIVERED = "notifications.undelivered"
DAILY = "notifications.daily"
REFUSED = "notifications.mail_refused"
KINDS: Mapping[Group, Mapping[str, str]] = {
    SECURITY: {REFUSED: "Mail cannot leave"},
    ANSWERS: {UNDELIVERED: "Mail could not be delivered"},
    SHIPMENTS: {DAILY: "Daily mail about shipments"},
}
