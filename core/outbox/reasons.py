"""Why a message failed, in words for the person who caused it."""

import re

_ANSWER = re.compile(r"\b(5\d\d)\b")
_SILENT = "The mail server could not be reached for a whole day."
_WORDS: tuple[tuple[str, str], ...] = (
    ("bounced", "The mail came back: the mailbox is not there, or refuses it."),
    ("complained", "The reader reported our mail as unwanted, so we send no more to this address."),
    ("maybe sent", "The mail server stopped answering, twice. It may have arrived all the same."),
    ("SMTPRecipientsRefused", "The mail server of this address refuses it: check the spelling."),
    ("SMTPNotSupportedError", "Our mail server offered no encryption, so nothing was sent."),
    ("SMTPAuthenticationError", "Our mail server did not let us in. Support knows what to do."),
    ("SMTPSenderRefused", "The mail server refused us as a sender. Support knows what to do."),
    ("SMTPServerDisconnected", _SILENT),
    ("SMTP", "The mail server refused the message."),
    ("Error", _SILENT),
)
UNKNOWN = "It could not be sent."


def plain_reason(error: str) -> str:
    """What is stored as a message's error, as a sentence; "" without an error."""
    if not error:
        return ""
    if "SMTPDataError" in error and not _ANSWER.search(error):
        return "The mail server put it off for a whole day."
    return next((words for start, words in _WORDS if start in error), UNKNOWN)
