"""Who gets what from which address: one row for each URL name of the project."""

from tests.sweep.table import accounts, connections, desk, library, pages, roles, supplychain
from tests.sweep.table.rows import Row

MODULES = (accounts, roles, connections, supplychain, pages, library, desk)
ROWS: list[Row] = [row for module in MODULES for row in module.ROWS]
