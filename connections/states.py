"""States of partner links, connections and role grants."""

from django.db.models import TextChoices

from core.state_tables import StateTable
from core.web.tones import tones


class PartnerLinkStatus(TextChoices):
    """Opening shows details and consumes nothing."""

    ISSUED = "issued", "Waiting for the provider"
    OPENED = "opened", "Opened by the provider"
    ANSWERED = "answered", "Answered"
    DECLINED = "declined", "Declined"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


OPEN_LINK = (PartnerLinkStatus.ISSUED, PartnerLinkStatus.OPENED)
_LINK_ENDS: set[str] = {
    PartnerLinkStatus.ANSWERED,
    PartnerLinkStatus.DECLINED,
    PartnerLinkStatus.CANCELLED,
    PartnerLinkStatus.EXPIRED,
}
PARTNER_LINK = StateTable(
    "partner link",
    {
        PartnerLinkStatus.ISSUED: {PartnerLinkStatus.OPENED, *_LINK_ENDS},
        PartnerLinkStatus.OPENED: _LINK_ENDS,
        # A new link for the same provider: new token, new end date.
        PartnerLinkStatus.EXPIRED: {PartnerLinkStatus.ISSUED, PartnerLinkStatus.CANCELLED},
    },
)


class ConnectionStatus(TextChoices):
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    ENDED = "ended", "Ended"
    TERMINATED = "terminated", "Terminated"


LIVE_CONNECTION = (ConnectionStatus.ACTIVE, ConnectionStatus.PAUSED)
CONNECTION = StateTable(
    "connection",
    {
        ConnectionStatus.ACTIVE: {
            ConnectionStatus.PAUSED,
            ConnectionStatus.ENDED,
            ConnectionStatus.TERMINATED,
        },
        ConnectionStatus.PAUSED: {
            ConnectionStatus.ACTIVE,
            ConnectionStatus.ENDED,
            ConnectionStatus.TERMINATED,
        },
    },
)


class Side(TextChoices):
    SELLER = "seller", "the seller"
    PROVIDER = "provider", "the provider"
    OPERATOR = "operator", "the marketplace"
    SCHEDULE = "schedule", "its end date"


class GrantStatus(TextChoices):
    ACTIVE = "active", "Active"
    ENDED = "ended", "Ended"


GRANT = StateTable("role grant", {GrantStatus.ACTIVE: {GrantStatus.ENDED}})


class RoleRequestStatus(TextChoices):
    OPEN = "open", "Waiting for the seller"
    CONSENTED = "consented", "Granted"
    PARTLY = "partly_consented", "Granted in part"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LAPSED = "lapsed", "Lapsed"
    VOID = "void", "Void"


ROLE_REQUEST = StateTable(
    "request", {RoleRequestStatus.OPEN: {state for state in RoleRequestStatus if state != "open"}}
)


class RenewalStatus(TextChoices):
    """A proposal of a later end date; it ends with the connection at the latest."""

    PROPOSED = "proposed", "Waiting for the other side"
    AGREED = "agreed", "Agreed"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"
    VOID = "void", "Void"


RENEWAL = StateTable(
    "proposal", {RenewalStatus.PROPOSED: {state for state in RenewalStatus if state != "proposed"}}
)


class ReviewStatus(TextChoices):
    OPEN = "open", "Waiting for the seller"
    CONFIRMED = "confirmed", "Confirmed"
    CLOSED = "closed", "Closed with the connection"


REVIEW = StateTable("review", {ReviewStatus.OPEN: {ReviewStatus.CONFIRMED, ReviewStatus.CLOSED}})
tones(
    good="active answered",
    waiting="issued opened proposed paused expiring",
    bad="declined expired refused lapsed",
)
