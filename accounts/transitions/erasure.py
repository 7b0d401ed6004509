"""What this app's tables hold about a person who is erased (D6)."""

from accounts.addresses import budget_key
from accounts.invitations.erasure import addresses_of, forget_invited
from accounts.models import EmployeeInvitation, Refusal, Sending, User


def tombstone(person: User) -> str:
    """The address that stands for an erased person: nobody can sign up with it."""
    return f"erased-{person.public_id.hex}@erased.invalid"


def forget_invitations(person: User) -> None:
    addresses = addresses_of(person)
    forget_invited(EmployeeInvitation, person)
    Refusal.objects.filter(address__in=addresses).delete()
    keys = [budget_key(address) for address in addresses]
    Sending.objects.filter(budget_key__in=keys).update(budget_key=tombstone(person))
