"""Every change of an application or an approved role, one function each, by subject."""
