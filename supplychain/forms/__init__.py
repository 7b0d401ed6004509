"""What people type, checked for its shape; the transitions check the rest."""
