"""Parts that break: every promise about mail and faults, held with real servers and processes."""
