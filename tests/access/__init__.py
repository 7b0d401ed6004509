"""Delegated access: what was taken away is gone at once, and nothing is left behind."""
