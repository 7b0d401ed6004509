"""State changes of this app, by subject. Views, admin, tasks and the demo call only these."""
