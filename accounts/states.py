"""States of people's identity, organizations, memberships and invitations."""

from django.db.models import TextChoices

from core.state_tables import StateTable
from core.web.tones import tones


class OrganizationKind(TextChoices):
    SELLER = "seller", "Seller"
    PROVIDER = "provider", "Solution provider"
    SUPPLIER = "supplier", "Supplier"


class SupplierKind(TextChoices):
    MANUFACTURER = "manufacturer", "Manufacturer"
    FREIGHT_FORWARDER = "freight_forwarder", "Freight forwarder"
    WHOLESALER = "wholesaler", "Wholesaler"
    OTHER = "other", "Other"


class OrganizationStatus(TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    CLOSED = "closed", "Closed"


ORGANIZATION = StateTable(
    "account",
    {
        OrganizationStatus.DRAFT: {OrganizationStatus.ACTIVE, OrganizationStatus.CLOSED},
        OrganizationStatus.ACTIVE: {OrganizationStatus.SUSPENDED, OrganizationStatus.CLOSED},
        OrganizationStatus.SUSPENDED: {OrganizationStatus.ACTIVE, OrganizationStatus.CLOSED},
    },
)


class MembershipRole(TextChoices):
    """Administrators have every right in their own organization."""

    ADMINISTRATOR = "administrator", "Administrator"
    EMPLOYEE = "employee", "Employee"


class MembershipStatus(TextChoices):
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    REMOVED = "removed", "Removed"


MEMBERSHIP = StateTable(
    "membership",
    {
        MembershipStatus.ACTIVE: {MembershipStatus.SUSPENDED, MembershipStatus.REMOVED},
        MembershipStatus.SUSPENDED: {MembershipStatus.ACTIVE, MembershipStatus.REMOVED},
    },
)


class IdentityStatus(TextChoices):
    """No row is "not started"; a failed or expired check is followed by a new row."""

    SUBMITTED = "submitted", "Being reviewed"
    VERIFIED = "verified", "Verified"
    FAILED = "failed", "Not accepted"
    EXPIRED = "expired", "Expired"


IDENTITY = StateTable(
    "identity check",
    {
        IdentityStatus.SUBMITTED: {IdentityStatus.VERIFIED, IdentityStatus.FAILED},
        IdentityStatus.VERIFIED: {IdentityStatus.EXPIRED},
    },
)


class IdentityReason(TextChoices):
    UNREADABLE = "unreadable", "A document cannot be read: send a sharper photo or scan"
    EXPIRED_DOCUMENT = "expired_document", "The ID has expired: send a valid one"
    NAME_DIFFERS = "name_differs", "The name differs between form and documents: make them agree"
    ADDRESS_DIFFERS = "address_differs", "The address differs from the proof: make them agree"
    OLD_PROOF = "old_proof", "The proof of address is older than 180 days: send a newer one"
    WRONG_DOCUMENT = "wrong_document", "This kind of document is not accepted: see the list"


class ResetStatus(TextChoices):
    """Of a lost second factor."""

    ASKED = "asked", "Asked"
    AGREED = "agreed", "Agreed by one"
    DONE = "done", "Reset"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Taken back"


_ENDS = {ResetStatus.REFUSED, ResetStatus.WITHDRAWN}
RESET = StateTable(
    "reset",
    {
        ResetStatus.ASKED: {ResetStatus.AGREED, *_ENDS},
        ResetStatus.AGREED: {ResetStatus.DONE, *_ENDS},
    },
)
OPEN_RESET = (ResetStatus.ASKED, ResetStatus.AGREED)


class InvitationStatus(TextChoices):
    PENDING = "pending", "Pending"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    REVOKED = "revoked", "Revoked"
    EXPIRED = "expired", "Expired"
    UNDELIVERABLE = "undeliverable", "Could not be delivered"


INVITATION = StateTable(
    "invitation",
    {
        InvitationStatus.PENDING: {
            InvitationStatus.ACCEPTED,
            InvitationStatus.DECLINED,
            InvitationStatus.REVOKED,
            InvitationStatus.EXPIRED,
            InvitationStatus.UNDELIVERABLE,
        },
        # Resending renews: a new token and a new end date (U2).
        InvitationStatus.EXPIRED: {InvitationStatus.PENDING, InvitationStatus.REVOKED},
        InvitationStatus.UNDELIVERABLE: {
            InvitationStatus.PENDING,
            InvitationStatus.ACCEPTED,
            InvitationStatus.DECLINED,
            InvitationStatus.REVOKED,
            InvitationStatus.EXPIRED,
        },
    },
)
# A link stays usable when only its mail bounced: the inviter can copy it (X15).
OPEN_INVITATION = (InvitationStatus.PENDING, InvitationStatus.UNDELIVERABLE)
RESENDABLE = (InvitationStatus.PENDING, InvitationStatus.EXPIRED, InvitationStatus.UNDELIVERABLE)


class BatchStatus(TextChoices):
    DRAFT = "draft", "Not confirmed"
    RUNNING = "running", "Being sent"
    DONE = "done", "Done"


BATCH = StateTable(
    "list",
    {
        BatchStatus.DRAFT: {BatchStatus.RUNNING},
        BatchStatus.RUNNING: {BatchStatus.DONE},
    },
)


class RowStatus(TextChoices):
    """What has become of one row. Ready and left out are before the confirmation."""

    READY = "ready", "Ready"
    WRONG = "wrong", "To mend"
    DUPLICATE = "duplicate", "Twice in this list"
    EXCLUDED = "excluded", "Left out"
    QUEUED = "queued", "Queued"
    SENT = "sent", "Invited"
    KNOWN = "known", "Not needed"
    CANCELLED = "cancelled", "Taken back"
    STOPPED = "stopped", "Stopped"


ROW = StateTable(
    "row",
    {
        RowStatus.READY: {RowStatus.EXCLUDED, RowStatus.QUEUED},
        RowStatus.EXCLUDED: {RowStatus.READY},
        RowStatus.QUEUED: {
            RowStatus.SENT,
            RowStatus.KNOWN,
            RowStatus.CANCELLED,
            RowStatus.STOPPED,
        },
    },
)
# What was queued by the confirmation, whatever became of it.
CONFIRMED = (
    RowStatus.QUEUED,
    RowStatus.SENT,
    RowStatus.KNOWN,
    RowStatus.CANCELLED,
    RowStatus.STOPPED,
)
# What can be mended, or tried again, by uploading it once more.
MENDABLE = (RowStatus.WRONG, RowStatus.STOPPED)
tones(
    good="active accepted verified now done",
    waiting="pending submitted later queued asked agreed",
    bad="suspended failed refused declined revoked expired undeliverable wrong",
)
