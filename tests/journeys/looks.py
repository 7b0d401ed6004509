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


# Where a mouse must reach everything: phones, tablets, laptops, large windows.
WIDTHS = (320, 390, 768, 1024, 1280, 1920)
_OUT_OF_REACH = """() => {
  const bad = [];
  const all = "a[href], button, select, textarea, summary, input:not([type=hidden])";
  for (const one of document.querySelectorAll(all)) {
    const seen = one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const aside = ".visually-hidden, .skip-link, .skip-to-content-link";
    if (one.disabled || !seen || one.closest(aside)) continue;
    one.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = [...one.getClientRects()].find((rect) => rect.width > 1 && rect.height > 1);
    if (!box) continue;
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    if (hit && (one.contains(hit) || hit.closest("label")?.control === one)) continue;
    const words = one.innerText || one.name || one.className || one.tagName;
    const over = hit ? `under ${hit.tagName.toLowerCase()}.${hit.className}` : "off the screen";
    bad.push(`${words.trim().slice(0, 60)} is ${over}`);
  }
  scrollTo(0, 0);
  return bad;
}"""


def reachable(page: Any) -> None:
    """Fail when a mouse cannot hit a link, button or field of the page at one of the widths."""
    before, bad = page.viewport_size, []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        bad += [f"{width}: {words}" for words in page.evaluate(_OUT_OF_REACH)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        bad += [f"{width}: the page is {wide} pixels wide"] if wide > width else []
    page.set_viewport_size(before)
    assert not bad, f"{page.url}\n" + "\n".join(bad)


def tab_to(page: Any, control: Any) -> None:
    """Move the focus to `control` with the Tab key alone; fail when it cannot be reached."""
    page.evaluate("document.activeElement?.blur()")
    for _ in range(MANY_TABS):
        page.keyboard.press("Tab")
        if control.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{control} cannot be reached with the Tab key on {page.url}")
