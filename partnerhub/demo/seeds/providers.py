"""Phase 1 of the story: providers, identities, employees, applications in every state."""

from dataclasses import dataclass

from accounts.invitations.transitions import mark_undeliverable, revoke
from accounts.models import EmployeeInvitation, User
from accounts.transitions import employees, identity, members, organizations
from core.web.access import Level
from partnerhub.demo.seeds.actors import (
    Tenant,
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
from roles.transitions import applications, approvals, decisions


@dataclass(frozen=True)
class Desk:
    reviewer: User
    lead: User


def _register(desk: Desk, admin: User, name: str, number: str) -> Tenant:
    provider = register(admin, "provider", name, registration_number=number)
    identify(admin, desk.reviewer)
    provider.firm.refresh_from_db()
    return provider


def _apply(provider: Tenant, category: str, **levels: Level) -> RoleApplication:
    """A draft in one category with complete lines; role codes are CATEGORY.NAME."""
    by = provider.admin
    wanted = {f"{category}.{name}": level for name, level in levels.items()}
    draft = applications.create_draft(
        provider=provider.firm, category=ServiceCategory.objects.get(slug=category), by=by
    )
    entries = []
    for role in Role.objects.filter(code__in=wanted):
        answers = {
            question.slug: "Two of us check every step; the seller sees it in the history."
            for question in questions_for(role.restricted_because)
        }
        case = f"Our clients ask us to look after {role.name.lower()} for them every week."
        entries.append(Entry(role, wanted[role.code], case, answers))
    return applications.save_lines(application=draft, entries=entries, by=by)


def _submit(provider: Tenant, category: str, **levels: Level) -> RoleApplication:
    draft = _apply(provider, category, **levels)
    return applications.submit_application(application=draft, by=provider.admin)


def _review(application: RoleApplication, desk: Desk, question: str = "") -> None:
    decisions.start_review(application=application, by=desk.reviewer)
    if question:
        decisions.request_information(application=application, text=question, by=desk.reviewer)


def _decide(application: RoleApplication, desk: Desk, refused: tuple[str, ...] = ()) -> None:
    """Approve each line as asked, but refuse these roles; restricted ones are agreed on by lead."""
    _review(application, desk)
    for line in application.lines.select_related("role"):
        if line.role.code in refused:
            decisions.decide_line(
                line=line,
                level=Level.NONE,
                reason="use_case_unclear",
                by=desk.reviewer,
                note="Say which steps you take and how often.",
            )
            continue
        decisions.decide_line(line=line, level=Level(line.level), by=desk.reviewer)
        if line.role.restricted:
            decisions.second_line(line=line, seen_level=line.level, agree=True, by=desk.lead)
    decisions.finish_application(application=application, by=desk.reviewer)


def harbor_desk(desk: Desk) -> tuple[Tenant, User]:
    """The provider that most of the story is about, with an application in every state."""
    at(60)
    admin, employee = lead_part("provider-admin"), lead_part("provider-employee")
    harbor = _register(desk, admin, "Harbor Desk", "12-3456789")
    at(55)
    wanted = {"fba_shipments": Level.ADMIN, "manage": Level.EDIT}
    wanted |= {"planning": Level.VIEW, "images": Level.EDIT}
    _decide(_submit(harbor, "inventory", **wanted), desk, refused=("inventory.images",))
    # Asked 50 days ago and never answered: lapses.
    at(50)
    silent = _submit(harbor, "growth", subscribe_save=Level.VIEW)
    _review(silent, desk, "Which programmes do you run today?")
    at(40)
    _decide(_submit(harbor, "reports", business=Level.VIEW), desk)
    _decide(_submit(harbor, "brand", store=Level.EDIT), desk, ("brand.store",))
    withdrawn = _submit(harbor, "services", requests=Level.VIEW)
    applications.withdraw_application(application=withdrawn, by=admin)
    at(9)
    asked = _submit(harbor, "orders", returns=Level.VIEW)
    _review(asked, desk, "Where is buyer data stored, and for how long?")
    reviewing = _submit(harbor, "advertising", campaign_manager=Level.ADMIN, ad_billing=Level.VIEW)
    _review(reviewing, desk)
    billing = reviewing.lines.get(role__code="advertising.ad_billing")
    decisions.decide_line(line=billing, level=Level.VIEW, by=desk.reviewer)
    at(3)
    _submit(harbor, "performance", feedback=Level.VIEW)
    at(1)
    _apply(harbor, "pricing", pricing=Level.EDIT)
    _colleagues(harbor, employee, desk)
    return harbor, employee


def _colleagues(harbor: Tenant, employee: User, desk: Desk) -> None:
    at(45)
    identify(hire(harbor, employee), desk.reviewer)
    second = hire(harbor, extra("provider-second", "Sandy Second"), role="administrator")
    identify(second, desk.reviewer)
    submit_identity(hire(harbor, extra("provider-waiting", "Willow Waiting")))
    failed = submit_identity(hire(harbor, extra("provider-failed", "Fay Failed")))
    identity.decide_identity(by=desk.reviewer, check=failed, verified=False, reason="unreadable")
    left = hire(harbor, extra("provider-left", "Lou Left"))
    resting = hire(harbor, extra("provider-resting", "Ray Resting"))
    members.remove(by=harbor.admin, membership=left.memberships.get())
    members.suspend(by=harbor.admin, membership=resting.memberships.get())
    at(30)
    _invite(harbor, "late")
    at(2)
    _invite(harbor, "soon")
    revoke(by=harbor.admin, row=_invite(harbor, "mistake"))
    declining = extra("declining", "Dee Declining")
    declined = _invite(harbor, "declining")
    employees.decline(by=declining, public_id=declined.public_id, reason="I work elsewhere now.")
    mark_undeliverable(about=_invite(harbor, "no-such-mailbox").about)


def _invite(provider: Tenant, key: str) -> EmployeeInvitation:
    return employees.invite(**provider.acts, address=f"{key}@demo.example", role="employee")


def other_providers(desk: Desk) -> tuple[Tenant, Tenant]:
    """Copper Gate, whose approvals are old or gone, and Quiet Ledger, the second tenant."""
    at(430)
    copper = _register(desk, extra("copper-admin", "Cory Copper"), "Copper Gate", "98-7654321")
    at(420)
    _decide(_submit(copper, "reports", business=Level.VIEW), desk)
    at(200)
    _decide(_submit(copper, "inventory", fba_shipments=Level.EDIT, planning=Level.VIEW), desk)
    planning = ApprovedRole.objects.get(provider=copper.firm, role__code="inventory.planning")
    approvals.revoke_approved_role(
        approved_role=planning,
        reason="Complaints by sellers.",
        version=planning.version,
        by=desk.lead,
    )
    at(35)
    quiet = _register(desk, lead_part("other-provider-admin"), "Quiet Ledger", "45-6789012")
    at(33)
    _decide(_submit(quiet, "reports", business=Level.VIEW, payments=Level.VIEW), desk)
    return copper, quiet


def accounts_in_other_states(desk: Desk) -> None:
    at(790)
    identify(extra("expired-identity", "Ellis Expired"), desk.reviewer)
    at(20)
    drafting = extra("draft-admin", "Drew Draft")
    register(drafting, "provider", "Paper Moon", registration_number="33-1112223")
    submit_identity(drafting)
    admin = extra("suspended-admin", "Sky Suspended")
    anchor = _register(desk, admin, "Loose Anchor", "44-2223334")
    organizations.suspend_organization(
        by=desk.lead, organization=anchor.firm, reason="Registration number under review."
    )
    pier = _register(desk, extra("closed-admin", "Cleo Closed"), "Old Pier", "55-3334445")
    organizations.close_organization(
        by=desk.lead, organization=pier.firm, reason="Closed at the firm's own wish."
    )
