"""The review desk; Django finds it here."""

from roles.admin import desk

__all__ = ["desk"]
