"""The rows of this app."""

from accounts.models.batches import BatchQuerySet, BatchRow, InvitationBatch
from accounts.models.invitations import (
    DECIDED,
    REMIND_BEFORE,
    Invitation,
    InvitationQuerySet,
    OneTimeLink,
    Refusal,
    Sending,
    invitation_constraints,
    invitation_indexes,
)
from accounts.models.people import (
    EmployeeInvitation,
    IdentityCheck,
    IdentityDocument,
    Membership,
    MembershipRight,
    Organization,
    Person,
    User,
    UserManager,
    document_path,
    is_verified,
)
from accounts.models.resets import FactorReset

__all__ = [
    "BatchQuerySet",
    "BatchRow",
    "DECIDED",
    "EmployeeInvitation",
    "FactorReset",
    "IdentityCheck",
    "IdentityDocument",
    "Invitation",
    "InvitationBatch",
    "InvitationQuerySet",
    "Membership",
    "MembershipRight",
    "REMIND_BEFORE",
    "OneTimeLink",
    "Organization",
    "Person",
    "Refusal",
    "Sending",
    "User",
    "UserManager",
    "document_path",
    "invitation_constraints",
    "invitation_indexes",
    "is_verified",
]
