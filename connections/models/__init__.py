"""The rows of this app."""

from connections.models.connections import Assignment, Connection, RoleGrant
from connections.models.links import ConnectionInvitation, PartnerLink
from connections.models.proposals import ConnectionReview, Renewal, RequestedRole, RoleRequest
from connections.models.rights import EffectiveRight, FormerRight, RightUse

__all__ = [
    "Assignment",
    "Connection",
    "ConnectionInvitation",
    "ConnectionReview",
    "EffectiveRight",
    "FormerRight",
    "PartnerLink",
    "Renewal",
    "RequestedRole",
    "RightUse",
    "RoleGrant",
    "RoleRequest",
]
