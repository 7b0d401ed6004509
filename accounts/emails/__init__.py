"""The mails of this app, by subject."""
