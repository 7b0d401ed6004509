"""Phase 1 of the story: providers, identities, employees, applications in every state."""

from dataclasses import dataclass

from accounts.invitations.transitions import mark_undeliverable
from accounts.models import EmployeeInvitation, Organization, User
from accounts.transitions import employees, identity, members, organizations
from core.web.access import Level
from partnerhub.demo.seeding.cast import (
    at,
    extra,
    hire,
    identify,
    lead_part,
    register,
    submit_identity,
)
from roles.catalogue import questions_for
from roles.drafts import Entry
from roles.models import ApprovedRole, Role, RoleApplication, ServiceCategory
from roles.transitions import applications, approvals, review


@dataclass(frozen=True)
class Desk:
    """The two reviewers."""

    reviewer: User
    lead: User


def _apply(
    provider: Organization, by: User, category: str, wanted: dict[str, Level]
) -> RoleApplication:
    """A draft in one category with complete lines."""
    draft = applications.create_draft(
        provider=provider, category=ServiceCategory.objects.get(slug=category), by=by
    )
    entries = []
    for role in Role.objects.filter(code__in=wanted):
        answers = {
            question.slug: "Two of us check every step; the seller sees it in the history."
            for question in questions_for(role.restricted_because)
        }
        case = f"Our clients ask us to look after {role.name.lower()} for them every week."
        entries.append(Entry(role, wanted[role.code], case, answers))
    return applications.save_lines(application=draft, entries=entries, version=draft.version, by=by)


def _submit(
    provider: Organization, by: User, category: str, wanted: dict[str, Level]
) -> RoleApplication:
    return applications.submit_application(
        application=_apply(provider, by, category, wanted), by=by
    )


def _decide(application: RoleApplication, desk: Desk, refused: tuple[str, ...] = ()) -> None:
    """Approve each line as asked, but refuse these roles; restricted ones are agreed on by lead."""
    review.start_review(application=application, by=desk.reviewer)
    for line in application.lines.select_related("role"):
        if line.role.code in refused:
            review.decide_line(
                line=line,
                level=Level.NONE,
                reason="use_case_unclear",
                by=desk.reviewer,
                note="Say which steps you take and how often.",
            )
            continue
        review.decide_line(line=line, level=Level(line.level), by=desk.reviewer)
        if line.role.restricted:
            review.second_line(line=line, seen_level=line.level, agree=True, by=desk.lead)
    review.finish_application(application=application, by=desk.reviewer)


def approve(provider: Organization, by: User, desk: Desk, category: str, **levels: Level) -> None:
    """Apply in one category and get everything; role codes are CATEGORY.NAME."""
    wanted = {f"{category}.{name}": level for name, level in levels.items()}
    _decide(_submit(provider, by, category, wanted), desk)


def harbor_desk(desk: Desk) -> tuple[Organization, User, User]:
    """The provider that most of the story is about, with an application in every state."""
    at(60)
    admin, employee = lead_part("provider-admin"), lead_part("provider-employee")
    provider = register(admin, "provider", "Harbor Desk", registration_number="12-3456789")
    identify(admin, desk.reviewer)
    provider.refresh_from_db()
    at(55)
    _decide(
        _submit(
            provider,
            admin,
            "inventory",
            {
                "inventory.fba_shipments": Level.ADMIN,
                "inventory.manage": Level.EDIT,
                "inventory.planning": Level.VIEW,
                "inventory.images": Level.EDIT,
            },
        ),
        desk,
        refused=("inventory.images",),
    )
    # Asked 50 days ago and never answered: lapses.
    at(50)
    silent = _submit(provider, admin, "growth", {"growth.subscribe_save": Level.VIEW})
    review.start_review(application=silent, by=desk.reviewer)
    review.request_information(
        application=silent, text="Which programmes do you run today?", by=desk.reviewer
    )
    at(40)
    approve(provider, admin, desk, "reports", business=Level.VIEW)
    _decide(_submit(provider, admin, "brand", {"brand.store": Level.EDIT}), desk, ("brand.store",))
    applications.withdraw_application(
        application=_submit(provider, admin, "services", {"services.requests": Level.VIEW}),
        by=admin,
    )
    at(9)
    asked = _submit(provider, admin, "orders", {"orders.returns": Level.VIEW})
    review.start_review(application=asked, by=desk.reviewer)
    review.request_information(
        application=asked, text="Where is buyer data stored, and for how long?", by=desk.reviewer
    )
    reviewing = _submit(
        provider,
        admin,
        "advertising",
        {"advertising.campaign_manager": Level.ADMIN, "advertising.ad_billing": Level.VIEW},
    )
    review.start_review(application=reviewing, by=desk.reviewer)
    billing = reviewing.lines.get(role__code="advertising.ad_billing")
    review.decide_line(line=billing, level=Level.VIEW, by=desk.reviewer)
    at(3)
    _submit(provider, admin, "performance", {"performance.feedback": Level.VIEW})
    at(1)
    _apply(provider, admin, "pricing", {"pricing.pricing": Level.EDIT})
    _colleagues(provider, admin, employee, desk)
    return provider, admin, employee


def _colleagues(provider: Organization, admin: User, employee: User, desk: Desk) -> None:
    """Employees and invitations in every state."""
    at(45)
    hire(admin, provider, employee)
    identify(employee, desk.reviewer)
    second = extra("provider-second", "Sandy Second")
    hire(admin, provider, second, role="administrator")
    identify(second, desk.reviewer)
    for key, name in (("provider-waiting", "Willow Waiting"), ("provider-failed", "Fay Failed")):
        colleague = extra(key, name)
        hire(admin, provider, colleague)
        check = submit_identity(colleague)
        if key == "provider-failed":
            identity.decide_identity(
                by=desk.reviewer, check=check, verified=False, reason="unreadable"
            )
    left, resting = extra("provider-left", "Lou Left"), extra("provider-resting", "Ray Resting")
    for colleague in (left, resting):
        hire(admin, provider, colleague)
    members.remove(by=admin, membership=left.memberships.get())
    members.suspend(by=admin, membership=resting.memberships.get())
    at(30)
    _invite(provider, admin, "late")
    at(2)
    _invite(provider, admin, "soon")
    employees.revoke(by=admin, invitation=_invite(provider, admin, "mistake"))
    declining = extra("declining", "Dee Declining")
    declined = _invite(provider, admin, "declining")
    employees.decline(by=declining, public_id=declined.public_id, reason="I work elsewhere now.")
    mark_undeliverable(about=_invite(provider, admin, "no-such-mailbox").about)


def _invite(provider: Organization, admin: User, key: str) -> EmployeeInvitation:
    return employees.invite(
        by=admin, organization=provider, address=f"{key}@demo.example", role="employee"
    )


def other_providers(desk: Desk) -> tuple[tuple[Organization, User], tuple[Organization, User]]:
    """Quiet Ledger (the second tenant) and Copper Gate, whose approvals are old or gone."""
    at(430)
    copper_admin = extra("copper-admin", "Cory Copper")
    copper = register(copper_admin, "provider", "Copper Gate", registration_number="98-7654321")
    identify(copper_admin, desk.reviewer)
    copper.refresh_from_db()
    at(420)
    approve(copper, copper_admin, desk, "reports", business=Level.VIEW)
    at(200)
    approve(copper, copper_admin, desk, "inventory", fba_shipments=Level.EDIT, planning=Level.VIEW)
    planning = ApprovedRole.objects.get(provider=copper, role__code="inventory.planning")
    approvals.revoke_approved_role(
        approved_role=planning,
        reason="Complaints by sellers.",
        version=planning.version,
        by=desk.lead,
    )
    at(35)
    quiet_admin = lead_part("other-provider-admin")
    quiet = register(quiet_admin, "provider", "Quiet Ledger", registration_number="45-6789012")
    identify(quiet_admin, desk.reviewer)
    quiet.refresh_from_db()
    at(33)
    approve(quiet, quiet_admin, desk, "reports", business=Level.VIEW, payments=Level.VIEW)
    return (copper, copper_admin), (quiet, quiet_admin)


def accounts_in_other_states(desk: Desk) -> None:
    """A draft, a suspended and a closed provider account, an expired identity."""
    at(790)
    expired = extra("expired-identity", "Ellis Expired")
    identify(expired, desk.reviewer)
    at(20)
    drafting = extra("draft-admin", "Drew Draft")
    register(drafting, "provider", "Paper Moon", registration_number="33-1112223")
    submit_identity(drafting)
    for key, name, firm, number in (
        ("suspended-admin", "Sky Suspended", "Loose Anchor", "44-2223334"),
        ("closed-admin", "Cleo Closed", "Old Pier", "55-3334445"),
    ):
        admin = extra(key, name)
        provider = register(admin, "provider", firm, registration_number=number)
        identify(admin, desk.reviewer)
        provider.refresh_from_db()
        if key == "suspended-admin":
            organizations.suspend_organization(
                by=desk.lead, organization=provider, reason="Registration number under review."
            )
        else:
            organizations.close_organization(
                by=desk.lead, organization=provider, reason="Closed at the firm's own wish."
            )
