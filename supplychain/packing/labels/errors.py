"""What goes wrong with labels."""


class LabelError(ValueError):
    """A label cannot be made from these values; `str()` says why."""
