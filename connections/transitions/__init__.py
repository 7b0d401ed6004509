"""Every state change of this app, by subject: links, invitations, grants, assignments, endings."""
