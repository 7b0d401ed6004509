"""Mails of this app: one function for each message; the caller's transaction carries it."""

from supplychain.emails import connections, guests, invitations, shares, shipments

__all__ = ["connections", "guests", "invitations", "shares", "shipments"]
