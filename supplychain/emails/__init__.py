"""Mails of this app: one function for each message; the caller's transaction carries it."""

from supplychain.emails import connections, invitations, shares, shipments

__all__ = ["connections", "invitations", "shares", "shipments"]
