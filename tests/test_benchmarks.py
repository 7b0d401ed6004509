"""The measurements' own machinery: turns, ratios, the table and its file. Nothing here is timed."""

import json
import os
import smtplib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import mails, report
from benchmarks.ground import SIZES, environment
from benchmarks.measure import Timings, Way, in_turn
from benchmarks.report import Result, Row, at_least, at_most
from benchmarks.sink import SinkProcess
from core.outbox.models import Message

KEYS = {
    "name", "ours", "unit", "statements", "peer", "limit", "vs_peer", "vs_limit", "goal", "met",
}  # fmt: skip
TIMINGS = Timings({"ours": [0.002, 0.004, 0.003], "peer": [0.02, 0.04, 0.09], "raw": [0.001] * 3})


def result(**changes: Any) -> Result:
    values: dict[str, Any] = {"unit": "ms", "statements": 3, "peer": "peer", "limit": "raw"}
    return Result(TIMINGS, "ours", **(values | changes))


def row(outcome: Any = None) -> Row:
    return Row("access.request", "as fast as can be", lambda ground: outcome)


def test_ratio_is_the_middle_of_the_rounds_ratios() -> None:
    assert TIMINGS.ratio("peer", "ours") == pytest.approx(10)
    assert TIMINGS.median("ours") == 0.003


def test_ways_take_turns_and_each_round_begins_with_another() -> None:
    order: list[str] = []
    ways = [Way(name, lambda name=name: order.append(name), times=1) for name in "abc"]  # type: ignore[misc]
    timings = in_turn(ways, rounds=3)
    assert "".join(order) == "abc" + "bca" + "cab"
    assert {len(figures) for figures in timings.by_way.values()} == {3}


def test_preparing_is_not_timed_and_a_way_may_time_itself() -> None:
    prepared: list[int] = []
    timings = in_turn(
        [Way("self-timed", lambda: 4.0, lambda: prepared.append(1), units=2, times=3)], rounds=2
    )
    assert timings.by_way == {"self-timed": [2.0, 2.0]}
    assert len(prepared) == 6


def test_entry_has_the_agreed_fields() -> None:
    entry = report.as_json(row(), result(checks=[at_most("statements", 3, 3)]))
    assert entry.keys() == KEYS
    assert entry["ours"] == 3
    assert entry["peer"] == {"name": "peer", "value": 40}
    assert entry["limit"] == {"name": "raw", "value": 1}
    assert (entry["vs_peer"], entry["vs_limit"]) == (10, 3)
    assert entry["met"] is True


def test_rate_is_printed_as_operations_a_second() -> None:
    entry = report.as_json(row(), result(unit="mails/s"))
    assert entry["ours"] == pytest.approx(333.3)
    assert entry["vs_limit"] == 3


def test_row_without_a_peer_says_so() -> None:
    entry = report.as_json(row(), result(peer=None))
    assert entry["peer"] is None
    assert entry["vs_peer"] is None


def test_one_missed_part_misses_the_goal() -> None:
    parts = [at_most("statements", 3, 3), at_least("times faster", 9.9, 10)]
    assert report.as_json(row(), result(checks=parts))["met"] is False
    assert str(parts[1]) == "times faster: 9.9, goal >= 10"


def test_row_that_fails_has_no_figures_and_stops_nobody(capsys: Any) -> None:
    def broken(ground: Any) -> Result:
        raise RuntimeError("no such peer")

    entry, outcome = command.measured(Row("access.request", "goal", broken), None)  # type: ignore[arg-type]
    assert outcome is None
    assert entry.keys() == KEYS
    assert entry["met"] is False
    assert "no such peer" in capsys.readouterr().err
    assert "MISSED" in report.line(entry)


def test_table_and_file_hold_the_same_rows(tmp_path: Path) -> None:
    entries = [report.as_json(row(), result(statements=None)), report.as_json(row(), None)]
    report.write(entries, tmp_path / "var" / "bench.json")
    assert json.loads((tmp_path / "var" / "bench.json").read_text()) == entries
    head, _ = report.header().splitlines()
    assert head.split()[0] == "row"
    assert report.line(entries[0]).startswith("access.request")


def test_only_takes_names_and_beginnings() -> None:
    rows = [Row(name, "goal", lambda ground: None) for name in ("access.page", "mail.fanout")]  # type: ignore[arg-type,return-value]
    assert command.chosen(rows, []) == rows
    assert command.chosen(rows, ["mail"]) == rows[1:]
    assert command.chosen(rows, ["access.page", "mail.fanout"]) == rows


def test_every_row_has_a_name_of_its_own_and_a_goal(tmp_path: Path) -> None:
    script = (
        "import django, json; django.setup(); from benchmarks.rows import all_rows;"
        "print(json.dumps([[row.name, row.goal, callable(row.run)] for row in all_rows()]))"
    )
    settings = environment(tmp_path, os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | settings,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(done.stdout)
    names = [name for name, _, _ in rows]
    assert len(names) == len(set(names)) >= 10
    assert all(goal and runs for _, goal, runs in rows)
    assert {name.split(".")[0] for name in names} >= {"access", "invite", "list", "mail", "ship"}


def test_quick_run_has_the_promised_size() -> None:
    assert SIZES["quick"].connections == 100_000
    assert SIZES["full"].connections == 1_000_000
    assert all(size.rounds >= 5 for name, size in SIZES.items() if name != "tiny")


def test_sink_counts_messages_and_connections() -> None:
    sink = SinkProcess()
    try:
        with smtplib.SMTP("127.0.0.1", sink.port) as server:
            for _ in range(3):
                server.sendmail("a@hub.example", ["b@mail.example"], "Subject: x\r\n\r\n.\r\nText")
        assert sink.counts() == (3, 1)
    finally:
        sink.stop()


@pytest.mark.django_db
def test_share_mails_go_out_in_pieces_twenty_alike() -> None:
    cursor = mails.expand(after=0, limit=30, run="one", count=50)
    first = list(Message.objects.order_by("id"))
    end = mails.expand(after=cursor or 0, limit=30, run="one", count=50)
    assert (len(first), cursor, Message.objects.count(), end) == (30, 30, 50, None)
    assert len({row.content for row in first}) == 2
    assert first[0].subject == "[Scale Seller] FBA15000000: shared with you"
