"""Which Chromium the journeys and the pictures use, and how it is started."""

import os
import subprocess
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
FLAGS = [
    "--no-sandbox",  # root may not use one
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def executable() -> str:
    """The path of a Chromium that runs: $CHROMIUM, else what scripts/chromium finds."""
    if path := os.environ.get("CHROMIUM"):
        return path
    found = subprocess.run(
        [PROJECT / "scripts/chromium"], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def launch(playwright: Any) -> Any:
    """A running Chromium without a window."""
    return playwright.chromium.launch(
        executable_path=executable(), chromium_sandbox=False, args=FLAGS
    )
