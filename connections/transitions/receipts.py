"""What both sides take away from a connection; each download is history."""

from django.db import transaction

from accounts.models import Organization, User
from accounts.tenancy import require_administrator
from connections.models import Connection
from connections.transitions.endings import side_of
from connections.transitions.rules import lock_parties
from connections.verbs import DOWNLOADED
from core.audit.services import record


@transaction.atomic
def note_receipt(*, connection: Connection, by: User, organization: Organization) -> None:
    """Write the download of the consent receipt to the history of `organization` (X8).

    Raises NotRelated for anybody else's organization, NotPermitted.
    """
    side_of(connection, organization)
    lock_parties(organization.pk)
    require_administrator(by, organization)
    record(DOWNLOADED, by=by, subject=connection, organization=organization)
