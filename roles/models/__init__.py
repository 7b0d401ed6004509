"""The rows of this app."""

from roles.models.roles import (
    LEVELS,
    ApplicationLine,
    ApplicationMessage,
    ApprovedRole,
    CategoryRight,
    Role,
    RoleApplication,
    ServiceCategory,
)

__all__ = [
    "ApplicationLine",
    "ApplicationMessage",
    "ApprovedRole",
    "CategoryRight",
    "LEVELS",
    "Role",
    "RoleApplication",
    "ServiceCategory",
]
