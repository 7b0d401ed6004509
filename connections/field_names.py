"""Names of form fields that a rule's refusal may point to: forms and transitions agree on them."""


def grant_field(code: str) -> str:
    return f"grant-{code}"


def until_field(code: str) -> str:
    return f"until-{code}"


def cell_field(grant_id: int, membership_id: int) -> str:
    return f"assign-{grant_id}-{membership_id}"
