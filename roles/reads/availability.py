"""What a seller can grant to a provider, role by role, and why not where not (X1, S0.15, S0.19)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings

from core.web.access import Level
from core.web.formats import day
from roles.models import ApplicationLine, ApprovedRole, Role
from roles.states import (
    DECIDED_APPLICATION,
    OPEN_APPLICATION,
    ApplicationStatus,
    ApprovedRoleStatus,
    LineDecision,
)

_IN_REVIEW = [state for state in OPEN_APPLICATION if state != ApplicationStatus.DRAFT]


class AvailabilityState(StrEnum):
    GRANTABLE = "grantable"
    LIMITED = "limited"
    NOT_APPLIED = "not_applied"
    IN_REVIEW = "in_review"
    REFUSED = "refused"
    REVOKED = "revoked"
    LAPSED = "lapsed"
    NEVER = "never"


@dataclass(frozen=True)
class Availability:
    """One row of the grant page: `level` is the highest that can be granted now, NONE is greyed.

    `sentence` says why it is not the role's highest level, `who` says who can change that; both
    are empty for a role that can be granted in full.
    """

    role: Role
    level: Level
    state: AvailabilityState
    sentence: str = ""
    who: str = ""

    @property
    def is_locked(self) -> bool:
        return self.level == Level.NONE


def approved_levels(provider: Any, at: datetime) -> dict[int, Level]:
    """{role id: level} in one query; roles no longer given to providers are left out (A4)."""
    rows = ApprovedRole.objects.for_provider(provider).in_force(at).filter(role__grantable=True)
    return {role_id: Level(level) for role_id, level in rows.values_list("role_id", "level")}


def why_not(provider: Any, at: datetime) -> dict[int, Availability]:
    """{role id: Availability} in catalogue order. `provider` is None without an account (S0.19)."""
    roles = Role.objects.in_catalogue_order()
    if provider is None:
        return {role.pk: _of(role, "The provider", None, None, at) for role in roles}
    approved = {row.role_id: row for row in ApprovedRole.objects.for_provider(provider)}
    lines = _latest_lines(provider)
    name = provider.name
    return {
        role.pk: _of(role, name, approved.get(role.pk), lines.get(role.pk), at) for role in roles
    }


def _latest_lines(provider: Any) -> Mapping[int, Mapping[str, Any]]:
    """The newest line of each role that was handed in; drafts are nobody else's business."""
    rows = (
        ApplicationLine.objects.filter(
            application__provider=provider,
            application__status__in=[*_IN_REVIEW, *DECIDED_APPLICATION],
        )
        .order_by("application__submitted_at", "application_id")
        .values(
            "role_id",
            "decision",
            "application__status",
            "application__submitted_at",
            "application__decided_at",
        )
    )
    return {row["role_id"]: row for row in rows}


def _of(
    role: Role,
    name: str,
    approved: ApprovedRole | None,
    line: Mapping[str, Any] | None,
    at: datetime,
) -> Availability:
    if not role.grantable:
        return Availability(
            role,
            Level.NONE,
            AvailabilityState.NEVER,
            "This role is never given to a provider: whoever has it controls the account itself.",
            "You and your own administrators keep it.",
        )
    if approved and approved.status == ApprovedRoleStatus.ACTIVE and approved.expires_at > at:
        level = Level(min(approved.level, role.highest_level))
        if level == role.highest_level:
            return Availability(role, level, AvailabilityState.GRANTABLE)
        return Availability(
            role,
            level,
            AvailabilityState.LIMITED,
            _limited(level, role, line),
            f"{name} can apply for more; {_reviewers()} decide.",
        )
    state, sentence, who = _locked(name, approved, line)
    return Availability(role, Level.NONE, state, sentence, who)


def _limited(level: Level, role: Role, line: Mapping[str, Any] | None) -> str:
    highest = Level(role.highest_level).word
    sentence = f"Approved up to {level.word} only, not {highest}."
    if line and line["application__status"] in _IN_REVIEW:
        sentence += f" More is in review since {day(line['application__submitted_at'])}."
    return sentence


def _locked(
    name: str, approved: ApprovedRole | None, line: Mapping[str, Any] | None
) -> tuple[AvailabilityState, str, str]:
    if line and line["application__status"] in _IN_REVIEW:
        return (
            AvailabilityState.IN_REVIEW,
            f"{name} applied for it on {day(line['application__submitted_at'])}: in review.",
            _whose_turn(name, line["application__status"]),
        )
    again = f"{name} can apply again; {_reviewers()} decide."
    if line and _refused_last(approved, line):
        # Why is between the provider and its reviewers.
        refused = f"Not approved on {day(line['application__decided_at'])}."
        return AvailabilityState.REFUSED, refused, again
    if approved and approved.status == ApprovedRoleStatus.REVOKED:
        ended = f"{settings.MARKETPLACE_NAME} revoked the approval on {day(_end(approved))}."
        return AvailabilityState.REVOKED, ended, again
    if approved:
        lapsed = f"The yearly approval ended on {day(_end(approved))}."
        return AvailabilityState.LAPSED, lapsed, f"{name} can renew it; {_reviewers()} decide."
    return (
        AvailabilityState.NOT_APPLIED,
        f"{name} has not applied for this role.",
        f"{name} can apply for it; {_reviewers()} decide.",
    )


def _refused_last(approved: ApprovedRole | None, line: Mapping[str, Any]) -> bool:
    """Whether a refusal is the last word: nothing was approved, or it ended before."""
    if line["decision"] != LineDecision.REFUSED:
        return False
    return approved is None or bool(_end(approved) <= line["application__decided_at"])


def _end(approved: ApprovedRole) -> datetime:
    return approved.ended_at or approved.expires_at


def _whose_turn(name: str, status: str) -> str:
    if status == ApplicationStatus.INFORMATION_REQUESTED:
        return f"Turn of {name}: a question is waiting for an answer."
    return f"Turn of {_reviewers()}."


def _reviewers() -> str:
    return f"{settings.MARKETPLACE_NAME}'s reviewers"
