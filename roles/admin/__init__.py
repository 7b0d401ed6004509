"""The review desk; Django finds it here."""

from roles.admin import applications, approvals, categories

__all__ = ["applications", "approvals", "categories"]
