"""What the desk types to find a business or a person, and whom it means.

Each answer is bounded: a word that fits thousands finds the first of them, in the time of a page.
"""

from accounts.models import Membership, Organization, User
from accounts.names import skeleton
from core.db import matching
from core.spellings import search_key

MOST = 200


def people_called(text: str) -> list[int]:
    """Ids of the people whose name or address `text` stands in, MOST of them."""
    if not search_key(text):
        return []
    return list(matching(User.objects.all(), text).values_list("pk", flat=True)[:MOST])


def organizations_called(text: str) -> list[int]:
    """Ids of the organizations that `text` means: their name (or one that looks alike), handle or
    registration number, or a person who belongs to them. MOST for each of these."""
    key = search_key(text)
    if not key:
        return []
    number = "".join(char for char in text if char.isalnum())
    rows = Organization.objects.order_by()
    alike = registered = rows.none()
    if number:
        registered = rows.filter(business_key__endswith=f":{number.upper()}")
    if folded := skeleton(text):
        alike = rows.filter(name_skeleton__startswith=folded)
    members = Membership.objects.live().filter(user__in=people_called(text)).order_by()
    found = [
        matching(rows, text).values_list("pk", flat=True),
        alike.values_list("pk", flat=True),
        registered.values_list("pk", flat=True),
        members.values_list("organization_id", flat=True),
    ]
    return sorted({pk for ids in found for pk in ids[:MOST]})
