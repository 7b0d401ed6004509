"""Domain signals of the outbox; docs/ways-up.md lists all."""

from django.dispatch import Signal

# Arguments: about (str, "" when nothing listens to it), status (MessageStatus), error (str),
# message (Message). Sent in the transaction that records the outcome: for every message that failed
# for good, and for those about something when they were sent. Heard by accounts (invitations) and
# by notifications (who caused it) (X15).
delivery_changed = Signal()

# Arguments: reason (str), since (datetime). Sent once when the mail server, or the provider, stops
# taking mail from us for a reason that is ours to mend. Heard by notifications (the desk).
line_refused = Signal()
