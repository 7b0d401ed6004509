"""Domain signals of this app, sent inside the transaction; docs/ways-up.md lists all."""

from django.dispatch import Signal

# Arguments: membership (Membership), by (User or None). Upper apps take back what they assigned.
member_removed = Signal()
# Arguments: organization (Organization), by (User or None). Upper apps end what rests on it.
organization_closed = Signal()
# Arguments: user (User). Upper apps forget what names this person.
person_erased = Signal()
