"""What a browser complains about: scripts, blocked content, missing files, broken pages (H8)."""

from typing import Any

# Chromium logs every answer of 4xx here; the answers themselves are judged by `_answer`.
_ANSWERS = "Failed to load resource"


class Watch:
    """Collects the complaints of one person's browser."""

    def __init__(self, context: Any) -> None:
        self.complaints: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"script error: {error.error}"))
        context.on("response", self._answer)

    def _note(self, complaint: str) -> None:
        if complaint not in self.complaints:
            self.complaints.append(complaint)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_ANSWERS):
            self._note(f"console {message.type}: {message.text}")

    def _answer(self, response: Any) -> None:
        page = response.request.is_navigation_request()
        if response.status >= 500 or (response.status >= 400 and not page):
            self._note(f"{response.status} for {response.url}")
