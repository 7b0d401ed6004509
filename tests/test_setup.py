"""scripts/setup: which Python it takes, and what it says of one with known holes."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from partnerhub import env
from partnerhub.env import ROOT, STATUS_WRONG, Environment

FAKE = """#!/bin/sh
case $2 in
*version_info*) echo {version} ;;
*) echo {name} ;;
esac
"""


def choose(folder: Path, monkeypatch: pytest.MonkeyPatch, **versions: int) -> Any:
    """What setup says on a machine with these Pythons: python3_13=3013000 is python3.13."""
    for name, version in versions.items():
        path = folder / name.replace("_", ".")
        path.write_text(FAKE.format(version=version, name=path.name))
        path.chmod(0o755)
    for tool in ("sh", "dirname", "printf", "echo"):
        (folder / tool).symlink_to(shutil.which(tool) or "/bin/sh")
    return subprocess.run(
        ["/bin/sh", str(ROOT / "scripts/setup"), "python"],
        env={"PATH": str(folder), "HOME": str(folder)}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("versions", "chosen", "told"),
    [
        ({"python3_14": 3011009, "python3_13": 3013001}, "python3.13", False),
        ({"python3_13": 3012001, "python3_12": 3012005}, "python3.12", False),
        ({"python3_12": 3012004, "python3": 3010000}, "python3.12", True),
        ({"python3": 3013000}, "python3", False),
        ({"python3": 3011009}, "", False),
        ({}, "", False),
    ],
)
def test_python_that_is_taken(tmp_path, monkeypatch, versions, chosen, told):
    """A name proves nothing, and one with a known hole is the last choice."""
    done = choose(tmp_path, monkeypatch, **versions)
    assert done.stdout.strip() == chosen
    assert ("known holes" in done.stderr) is told


def test_old_python_is_not_used_in_production(monkeypatch, capsys):
    monkeypatch.setattr(env, "OLDEST_PYTHON", (*sys.version_info[:2], sys.version_info[2] + 1))
    with pytest.raises(SystemExit) as ended:
        Environment({}).stop_if_wrong()
    assert ended.value.code == STATUS_WRONG
    assert "- Python is too old" in capsys.readouterr().err
    Environment({"DEMO": "1"}).stop_if_wrong()


def test_oldest_python_is_said_alike():
    least = "{}{:03}{:03}".format(*env.OLDEST_PYTHON)
    assert f"OLDEST={least}\n" in (ROOT / "scripts/setup").read_text()
