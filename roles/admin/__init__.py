"""The review desk; Django finds it here."""

from roles.admin import approvals, categories, review

__all__ = ["approvals", "categories", "review"]
