"""Inviting several colleagues at once."""

from typing import Any

from accounts import portals
from accounts.forms.employees import AccessForm
from accounts.invitations.batches.kinds import BatchKind
from accounts.invitations.batches.reading import Column
from accounts.models import EmployeeInvitation
from accounts.states import MembershipRole
from accounts.tenancy import require_administrator
from accounts.transitions import employees

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
    """What holds for every colleague of the list."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say that a line may name another role."""
        super().__init__(*args, **kwargs)
        self.fields["role"].label = "Role, where a line names none"


EMPLOYEES = BatchKind(
    purpose=EmployeeInvitation.purpose,
    model=EmployeeInvitation,
    many=lambda organization: portals.portal_of(organization).people,
    offered=lambda organization: True,
    columns=lambda organization: (ADDRESS, NAME, ROLE),
    form=lambda organization, data: EveryoneForm(data, organization=organization, prefix="all"),
    list_url=portals.members_page,
    list_title=lambda organization: portals.portal_of(organization).people.capitalize(),
    check=require_administrator,
    parties=lambda organization, addresses: set(),
    known=employees.known,
    invite=employees.invite_each,
)
