"""How others do it, in scratch tables of their own."""
