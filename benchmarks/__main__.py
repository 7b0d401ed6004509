"""`python -m benchmarks [--quick] [--only NAME]`: one table, and var/bench.json with the same."""

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.ground import SIZES, Ground, prepared
from partnerhub.embedded import ServerUnavailable

OUTPUT = Path(__file__).resolve().parent.parent / "var" / "bench.json"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def chosen(rows: Sequence[Any], names: Sequence[str]) -> list[Any]:
    """The rows whose name is, or begins with, one of `names`; all of them without names."""
    return [row for row in rows if not names or any(row.name.startswith(name) for name in names)]


def measured(row: Any, ground: Ground) -> tuple[dict[str, Any], Any]:
    """The entry of one row, and its result; a row that fails is reported and stops nobody."""
    started = time.monotonic()
    try:
        result = row.run(ground)
    except Exception:  # noqa: BLE001 - the other rows are still worth their time
        say(f"{row.name} could not be measured:\n{traceback.format_exc()}")
        return report.as_json(row, None), None
    say(f"{row.name}: {time.monotonic() - started:.0f} s")
    return report.as_json(row, result), result


def run(size: str, names: Sequence[str], output: Path) -> int:
    """Measure and print; returns the exit status: 1 when a row could not be measured."""
    with prepared(SIZES[size], say) as ground:
        from benchmarks.rows import all_rows

        outcome = [(row, *measured(row, ground)) for row in chosen(all_rows(), names)]
    entries = [entry for _, entry, _ in outcome]
    print(report.header())
    for _, entry, result in outcome:
        print(report.line(entry))
        for check in result.checks if result else ():
            print(f"    {'' if check.met else 'MISSED '}{check}")
        for note in result.notes if result else ():
            print(f"    {note}")
    print(f"{sum(entry['met'] for entry in entries)} of {len(entries)} goals met; {output}")
    report.write(entries, output)
    return 1 if any(result is None for _, _, result in outcome) else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run. Raises SystemExit for options that do not exist."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 grants instead of 1,000,000")
    parser.add_argument("--size", choices=SIZES, help="tiny is for trying the rows out")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="such rows")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    size = options.size or ("quick" if options.quick else "full")
    try:
        return run(size, options.only, options.output)
    except ServerUnavailable as reason:
        say(str(reason))
        return 2


if __name__ == "__main__":
    sys.exit(main())
