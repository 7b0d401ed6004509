"""The rows of this app."""

from connections.models.connections import (
    Assignment,
    Connection,
    EffectiveRight,
    RoleGrant,
)
from connections.models.links import ConnectionInvitation, PartnerLink
from connections.models.proposals import (
    Renewal,
    RenewalQuerySet,
    RequestedRole,
    RoleRequest,
    RoleRequestQuerySet,
)
from connections.models.traces import ConnectionReview, FormerRight, RightUse

__all__ = [
    "Assignment",
    "Connection",
    "ConnectionInvitation",
    "ConnectionReview",
    "EffectiveRight",
    "FormerRight",
    "PartnerLink",
    "Renewal",
    "RenewalQuerySet",
    "RequestedRole",
    "RightUse",
    "RoleGrant",
    "RoleRequest",
    "RoleRequestQuerySet",
]
