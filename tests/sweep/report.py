"""How many cells the sweeps tried, told at the end of the run.

A test says it with record_property("cells: access", 120): that reaches the summary from parallel
workers, too.
"""

from collections import Counter
from typing import Any

PREFIX = "cells: "


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each sweep that ran."""
    total: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                total.update({k: v for k, v in report.user_properties if k.startswith(PREFIX)})
    for name, cells in sorted(total.items()):
        terminalreporter.write_line(f"{name.removeprefix(PREFIX)}: {cells:,} cells tried")
