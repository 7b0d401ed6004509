"""Domain signals of the outbox; the list of all of them stands in the README."""

from django.dispatch import Signal

# Arguments: about (str), status (MessageStatus), error (str). Sent in the transaction that
# records the outcome. Heard by accounts.invitations (X15).
delivery_changed = Signal()
