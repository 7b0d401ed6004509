"""What tests have to tell at the end of the run: cells of the sweeps, mails of the faults.

A test says it with record_property("cells: access", 120) or record_property("fault: F4", "…"):
that reaches the summary from parallel workers, too.
"""

from collections import Counter
from typing import Any

PREFIX = "cells: "
FAULT = "fault: "


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each sweep and each fault that ran."""
    total: Counter[str] = Counter()
    faults: dict[str, str] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                total.update({k: v for k, v in report.user_properties if k.startswith(PREFIX)})
                faults.update({k: v for k, v in report.user_properties if k.startswith(FAULT)})
    for name, cells in sorted(total.items()):
        terminalreporter.write_line(f"{name.removeprefix(PREFIX)}: {cells:,} cells tried")
    for name, told in sorted(faults.items()):
        terminalreporter.write_line(f"{name.removeprefix(FAULT)}: {told}")
