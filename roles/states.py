"""States of role applications, their lines, and approved roles."""

from django.db.models import TextChoices

from core.state_tables import StateTable
from core.web.tones import tones


class ApplicationStatus(TextChoices):
    """Locked from submission on; withdrawn, lapsed and decided ones are final."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    IN_REVIEW = "in_review", "In review"
    INFORMATION_REQUESTED = "information_requested", "Information requested"
    APPROVED = "approved", "Approved"
    PARTLY_APPROVED = "partly_approved", "Partly approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LAPSED = "lapsed", "Lapsed"


DECIDED_APPLICATION = (
    ApplicationStatus.APPROVED,
    ApplicationStatus.PARTLY_APPROVED,
    ApplicationStatus.REJECTED,
)
APPLICATION = StateTable(
    "application",
    {
        ApplicationStatus.DRAFT: {ApplicationStatus.SUBMITTED, ApplicationStatus.WITHDRAWN},
        ApplicationStatus.SUBMITTED: {ApplicationStatus.IN_REVIEW, ApplicationStatus.WITHDRAWN},
        ApplicationStatus.IN_REVIEW: {
            ApplicationStatus.INFORMATION_REQUESTED,
            ApplicationStatus.WITHDRAWN,
            *DECIDED_APPLICATION,
        },
        ApplicationStatus.INFORMATION_REQUESTED: {
            ApplicationStatus.IN_REVIEW,
            ApplicationStatus.WITHDRAWN,
            ApplicationStatus.LAPSED,
        },
    },
)
OPEN_APPLICATION = (
    ApplicationStatus.DRAFT,
    ApplicationStatus.SUBMITTED,
    ApplicationStatus.IN_REVIEW,
    ApplicationStatus.INFORMATION_REQUESTED,
)
# What waits for a reviewer.
IN_QUEUE = (ApplicationStatus.SUBMITTED, ApplicationStatus.IN_REVIEW)


class LineDecision(TextChoices):
    """Whoever decided can open a line again until the application is finished."""

    PENDING = "pending", "Not decided"
    AWAITING_SECOND = "awaiting_second", "Awaits a second reviewer"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"


LINE = StateTable(
    "line",
    {
        LineDecision.PENDING: {
            LineDecision.AWAITING_SECOND,
            LineDecision.APPROVED,
            LineDecision.REFUSED,
        },
        LineDecision.AWAITING_SECOND: {
            LineDecision.APPROVED,
            LineDecision.REFUSED,
            LineDecision.PENDING,
        },
        LineDecision.APPROVED: {LineDecision.PENDING},
        LineDecision.REFUSED: {LineDecision.PENDING},
    },
)


class RefusalReason(TextChoices):
    USE_CASE_UNCLEAR = "use_case_unclear", "The use case is unclear: describe the work step by step"
    LEVEL_TOO_HIGH = "level_too_high", "The level is higher than the use case needs: ask for less"
    NO_EXPERIENCE = "no_experience", "No evidence of experience: name clients or past work"
    DATA_PROTECTION = "data_protection", "Answers on data protection are missing or not sufficient"
    WRONG_CATEGORY = (
        "wrong_category",
        "The role does not fit the service: apply in its own category",
    )
    POLICY = "policy", "The marketplace does not give this role to firms of this kind"


class ApprovedRoleStatus(TextChoices):
    """active > revoked / lapsed > active; lowering changes the level and stays active."""

    ACTIVE = "active", "Active"
    REVOKED = "revoked", "Revoked"
    LAPSED = "lapsed", "Lapsed"


APPROVED_ROLE = StateTable(
    "approval",
    {
        ApprovedRoleStatus.ACTIVE: {ApprovedRoleStatus.REVOKED, ApprovedRoleStatus.LAPSED},
        ApprovedRoleStatus.REVOKED: {ApprovedRoleStatus.ACTIVE},
        ApprovedRoleStatus.LAPSED: {ApprovedRoleStatus.ACTIVE},
    },
)
tones(
    good="active approved",
    waiting="submitted information_requested partly_approved lowered lapsing",
    info="in_review",
    bad="rejected refused revoked lapsed",
)
