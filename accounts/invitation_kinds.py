"""The employee invitation: one at a time, and many at once."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict

from accounts import portals
from accounts.emails import employees as emails
from accounts.forms.employees import AccessForm
from accounts.invitations import emails as link_emails
from accounts.invitations import transitions as mechanism
from accounts.invitations.batches.kinds import BatchKind
from accounts.invitations.batches.reading import Column
from accounts.models import EmployeeInvitation, Organization, User
from accounts.states import MembershipRole, OrganizationStatus
from accounts.tenancy import membership_of
from accounts.transitions import employees
from core.errors import Ended

ADDRESS = Column(
    "address", "E-mail address", ("email", "mail", "address", "e-mail adress", "email id")
)
NAME = Column(
    "name",
    "Name",
    ("full name", "contact", "contact name", "person", "company", "business", "firm"),
)
ROLE = Column(
    "role",
    "Role",
    ("access", "kind", "type"),
    choices=dict(MembershipRole.choices),
    synonyms={"admin": MembershipRole.ADMINISTRATOR, "member": MembershipRole.EMPLOYEE},
)


class EveryoneForm(AccessForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].label = "Role, where a line names none"


class EmployeeKind(BatchKind[EmployeeInvitation]):
    model = EmployeeInvitation
    verb = "employee_invitation"
    account_hint = "You join with the invited address only."
    title = "Invitations"

    def check_inviter(self, row: EmployeeInvitation) -> None:
        """Here a draft counts as working: its invitations were sent before and wait with it."""
        if row.organization.status not in (OrganizationStatus.ACTIVE, OrganizationStatus.DRAFT):
            raise Ended("The account that invited you is not active at the moment.")
        membership = row.invited_by and membership_of(row.invited_by, row.organization)
        if not membership or not membership.is_administrator:
            raise Ended(self.gone)

    def resend(
        self, row: EmployeeInvitation, *, by: User, acting: int | None
    ) -> EmployeeInvitation:
        employees.refuse_members(row.organization, row.address)
        mechanism.renew(row, by=by)
        emails.employees_invited([row])
        return row

    def on_expired(self, row: EmployeeInvitation) -> None:
        emails.employee_expired(row)

    def on_ending(self, row: EmployeeInvitation) -> None:
        link_emails.invitation_ending(row)

    def headline(self, row: EmployeeInvitation) -> str:
        return f"{row.organization.name} invites you to join its account"

    def list_url(self, organization: Organization) -> str:
        return portals.members_page(organization)

    def recipient(self, row: EmployeeInvitation) -> tuple[str, str]:
        role = row.get_role_display()
        return row.address, f"{row.name}, {role}" if row.name else role

    def many(self, organization: Organization) -> str:
        return portals.portal_of(organization).people

    def list_title(self, organization: Organization) -> str:
        return self.many(organization).capitalize()

    def columns(self, organization: Organization) -> Sequence[Column]:
        return (ADDRESS, NAME, ROLE)

    def form(self, organization: Organization, data: QueryDict | None) -> EveryoneForm:
        return EveryoneForm(data, organization=organization, prefix="all")

    known = staticmethod(employees.known)
    invite = staticmethod(employees.invite_each)


EMPLOYEE = EmployeeKind()
