"""What people do with a list of invitations, and how its rows are sent."""
