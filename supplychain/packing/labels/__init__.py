"""Box and item labels as PDF (S1.13, U34): the same input always gives the same bytes."""


class LabelError(ValueError):
    """A label cannot be made from these values; `str()` says why."""
