"""Many invitations at once: a list is read, shown, confirmed, and sent as the limits allow."""
