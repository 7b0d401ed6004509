"""Faults that the tests must notice: the text `old` of a file, the text `new` that breaks a rule,
and the test that fails then. `python -m tests.planted [word …]` plants each of the files' faults,
or those whose file or kind holds a word, in a copy of the project and says which were noticed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
_NOT_COPIED = ("var", ".venv", ".git", ".mypy_cache", ".ruff_cache", ".hypothesis", "__pycache__")
_LONGEST = 300


@dataclass(frozen=True)
class Fault:
    kind: str
    file: str
    old: str
    new: str
    test: str


def faults() -> Iterator[Fault]:
    for path in sorted(HERE.glob("*.toml")):
        for row in tomllib.loads(path.read_text())["fault"]:
            yield Fault(**row)


def _noticed(fault: Fault, copy: Path) -> bool:
    """Whether the test runs and fails with the fault, and with it alone."""
    file = copy / fault.file
    sound = file.read_text()
    file.write_text(sound.replace(fault.old, fault.new))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider"]
    environment = {"TEST_DATABASE": "sqlite"} | os.environ
    try:
        done = subprocess.run(
            [*command, fault.test],
            cwd=copy,
            env=environment,
            capture_output=True,
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    finally:
        file.write_text(sound)
    return done.returncode == 1


def main(words: list[str]) -> int:
    """Exit status 1 when a fault was not noticed."""
    chosen = [one for one in faults() if not words or any(w in one.file + one.kind for w in words)]
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(*_NOT_COPIED))
        for fault in chosen:
            found = _noticed(fault, copy)
            missed += not found
            print("noticed" if found else "MISSED ", fault.file, "-", fault.kind, flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} planted faults noticed")
    return 1 if missed else 0
