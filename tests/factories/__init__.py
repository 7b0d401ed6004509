"""Rows for tests, made the short way; what a test is about goes through the front door."""
