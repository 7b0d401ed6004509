"""What changes people and organizations, by subject."""
