"""Checks a person's page must pass: WCAG 2.2 AA by axe, no sideways scrolling, the keyboard."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MANY_TABS = 200


def accessible(page: Any) -> None:
    """Fail with axe's findings when the page breaks a rule of WCAG 2.2 AA."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    report = [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]
    assert not report, f"{page.url}\n" + "\n".join(report)


def fits(page: Any) -> None:
    """Fail when the page is wider than its window."""
    wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window, f"{page.url} is {wide} pixels wide in a window of {window}"


def tab_to(page: Any, control: Any) -> None:
    """Move the focus to `control` with the Tab key alone; fail when it cannot be reached."""
    page.evaluate("document.activeElement?.blur()")
    for _ in range(MANY_TABS):
        page.keyboard.press("Tab")
        if control.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{control} cannot be reached with the Tab key on {page.url}")
