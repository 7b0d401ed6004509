"""Names of form fields that a rule's refusal may point to: forms and transitions agree on them."""


def grant_field(code: str) -> str:
    """The field that holds a role's level."""
    return f"grant-{code}"


def until_field(code: str) -> str:
    """The field that holds the day on which a role's grant ends."""
    return f"until-{code}"


def cell_field(grant_id: int, membership_id: int) -> str:
    """The field that holds one person's level for one grant."""
    return f"assign-{grant_id}-{membership_id}"
